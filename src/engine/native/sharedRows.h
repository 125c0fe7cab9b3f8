// Rows of a gradient to which several threads add. A row is added to in place by the thread that meets it first; the
// others add to spare rows of their own, which are added at the end, in the threads' order. So no memory is written by
// two threads at a time, sums do not depend on timing, and spare memory is as large as what threads share, not as the
// gradient.
#ifndef MVREC_SHARED_ROWS_H_
#define MVREC_SHARED_ROWS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mvrec {

// Which row each thread adds to for each of its places: `rows` and above are spare rows, and ~row is a row that nothing
// was added to before.
class SharedRows {
 public:
  SharedRows(size_t rows, size_t threads) : rows_(rows), owner_(rows, kNobody), spare_(threads), number_(threads) {}

  // The next places of a thread, whose targets are written.
  void Add(size_t thread, const int32_t* places, size_t count, int32_t* targets) {
    for (size_t i = 0; i < count; i++) {
      const int32_t row = places[i];
      const bool is_first = owner_[row] == kNobody;
      if (is_first) owner_[row] = static_cast<int32_t>(thread);
      targets[i] = is_first ? ~row : owner_[row] == static_cast<int32_t>(thread) ? row : Spare(thread, row);
    }
  }

  size_t Rows() const { return rows_; }
  bool IsMet(size_t row) const { return owner_[row] != kNobody; }
  size_t Threads() const { return spare_.size(); }
  // The rows that the spare ones of a thread belong to.
  const std::vector<int32_t>& SpareOf(size_t thread) const { return spare_[thread]; }

 private:
  static constexpr int32_t kNobody = -1;

  int32_t Spare(size_t thread, int32_t row) {
    std::vector<int32_t>& number = number_[thread];
    if (number.empty()) number.assign(rows_, kNobody);
    if (number[row] == kNobody) {
      number[row] = static_cast<int32_t>(rows_ + spare_[thread].size());
      spare_[thread].push_back(row);
    }
    return number[row];
  }

  size_t rows_;
  std::vector<int32_t> owner_;
  std::vector<std::vector<int32_t>> spare_;
  std::vector<std::vector<int32_t>> number_;
};

// A gradient [rows, width], which may hold anything at first.
class SharedGradient {
 public:
  SharedGradient(const SharedRows& shared, size_t width, float* result)
      : shared_(shared), width_(width), result_(result), spare_(shared.Threads()) {
    for (size_t t = 0; t < spare_.size(); t++) spare_[t].resize(shared.SpareOf(t).size() * width);
  }

  // Where the thread may add. A row is cleared just before it is used, when it comes into the cache anyway.
  float* Row(size_t thread, int32_t target) {
    if (target < 0) {
      float* const first = At(~target);
      std::fill_n(first, width_, 0.0f);
      return first;
    }
    const size_t row = static_cast<size_t>(target);
    return row < shared_.Rows() ? At(row) : spare_[thread].data() + (row - shared_.Rows()) * width_;
  }

  // To be called when all threads are done.
  void Finish() {
    for (size_t row = 0; row < shared_.Rows(); row++) {
      if (!shared_.IsMet(row)) std::fill_n(At(row), width_, 0.0f);
    }
    for (size_t t = 0; t < spare_.size(); t++) {
      const float* from = spare_[t].data();
      for (const int32_t row : shared_.SpareOf(t)) {
        float* to = At(row);
        for (size_t c = 0; c < width_; c++) to[c] += from[c];
        from += width_;
      }
    }
  }

 private:
  float* At(size_t row) { return result_ + row * width_; }

  const SharedRows& shared_;
  size_t width_;
  float* result_;
  std::vector<std::vector<float>> spare_;
};

}  // namespace mvrec

#endif  // MVREC_SHARED_ROWS_H_
