// Runs work on several threads and waits for all of it. An exception of any thread is thrown again on the caller's.
//
// The threads stay from call to call: waking one costs a quarter of starting one, and what it keeps for itself
// (`thread_local`) is there the next time.
#ifndef MVREC_THREADS_H_
#define MVREC_THREADS_H_

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mvrec {

// A thread that waits for work.
class Worker {
 public:
  Worker() : thread_([this] { Serve(); }) {}
  ~Worker() {
    Tell([&] { ends_ = true; });
    thread_.join();
  }

  void Start(const std::function<void()>& work) {
    Tell([&] { work_ = &work; });
  }
  // Until what was started has ended.
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return !work_; });
  }

 private:
  template <typename Change>
  void Tell(const Change& change) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      change();
    }
    changed_.notify_one();
  }

  void Serve() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [&] { return work_ || ends_; });
      if (ends_) return;
      lock.unlock();
      (*work_)();
      Tell([&] { work_ = nullptr; });
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* work_ = nullptr;
  bool ends_ = false;
  std::thread thread_;  // last: it uses the others
};

// The workers of this process, whom one call has at a time.
class Team {
 public:
  static Team& Get() {
    static Team team;
    return team;
  }

  // Owns nothing where another thread has them.
  std::unique_lock<std::mutex> TryToHave() { return std::unique_lock<std::mutex>(mutex_, std::try_to_lock); }

  // At least `count`, or as many as the system grants.
  const std::vector<std::unique_ptr<Worker>>& Workers(size_t count) {
    try {
      while (workers_.size() < count) workers_.push_back(std::make_unique<Worker>());
    } catch (const std::exception&) {
    }
    return workers_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

// Calls run(0) .. run(threads - 1) at the same time, run(0) on this thread. What finds no worker is done here, after
// it. Not to be nested.
template <typename Run>
void Parallel(size_t threads, const Run& run) {
  if (threads == 1) return run(0);
  std::vector<std::exception_ptr> failures(threads);
  std::vector<std::function<void()>> works;
  for (size_t index = 0; index < threads; index++) {
    works.push_back([&, index] {
      try {
        run(index);
      } catch (...) {
        failures[index] = std::current_exception();
      }
    });
  }
  size_t taken = 1;
  const std::unique_lock<std::mutex> lock = Team::Get().TryToHave();
  if (lock) {
    const auto& workers = Team::Get().Workers(threads - 1);
    for (; taken < threads && taken <= workers.size(); taken++) workers[taken - 1]->Start(works[taken]);
  }
  works[0]();
  for (size_t index = taken; index < threads; index++) works[index]();
  for (size_t index = 1; index < taken; index++) Team::Get().Workers(0)[index - 1]->Wait();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace mvrec

#endif  // MVREC_THREADS_H_
