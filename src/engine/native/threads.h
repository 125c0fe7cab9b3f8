// Runs work on several threads and waits for all of it. An exception of any thread is thrown again on the caller's.
#ifndef MVREC_THREADS_H_
#define MVREC_THREADS_H_

#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace mvrec {

// Calls run(0) .. run(threads - 1) at the same time, run(0) on this thread.
template <typename Run>
void Parallel(size_t threads, const Run& run) {
  std::vector<std::exception_ptr> failures(threads);
  const auto guarded = [&](size_t index) {
    try {
      run(index);
    } catch (...) {
      failures[index] = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  others.reserve(threads);
  // A thread that the system does not grant is no reason to fail: its part is done here.
  std::vector<size_t> left;
  for (size_t index = 1; index < threads; index++) {
    try {
      others.emplace_back(guarded, index);
    } catch (const std::exception&) {
      left.push_back(index);
    }
  }
  guarded(0);
  for (const size_t index : left) guarded(index);
  for (std::thread& other : others) other.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace mvrec

#endif  // MVREC_THREADS_H_
