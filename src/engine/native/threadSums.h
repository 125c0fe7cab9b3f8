// A sum that every thread forms by itself; then the sums are added in the threads' order, so that the result does not
// depend on timing.
#ifndef MVREC_THREAD_SUMS_H_
#define MVREC_THREAD_SUMS_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace mvrec {

class ThreadSums {
 public:
  ThreadSums(size_t threads, size_t size) : size_(size), sums_(threads) {}

  // Zeros at first. To be called once by each thread, whose memory it then is.
  float* Start(size_t thread) {
    sums_[thread].resize(size_);
    return sums_[thread].data();
  }

  // Elements `first` .. of the total, when all threads are done.
  void Write(size_t first, size_t count, float* to) const {
    std::copy_n(sums_[0].data() + first, count, to);
    for (size_t thread = 1; thread < sums_.size(); thread++) {
      const float* from = sums_[thread].data() + first;
      for (size_t i = 0; i < count; i++) to[i] += from[i];
    }
  }

 private:
  size_t size_;
  std::vector<std::vector<float>> sums_;
};

}  // namespace mvrec

#endif  // MVREC_THREAD_SUMS_H_
