// Feature-wise additive pooling of pairs: a query attends to the rows of a list. With hidden[j] = act(key[j] + query) the
// scores are hidden M, one a channel; their softmax over the list weights the values.
//
// Pairs of one list stand together, so that its rows stay in the cache, and are worked off in chunks for which that
// holds of everything in between. For the way back only the weights are kept; the hidden rows cost less to make again
// than to bring back.
#ifndef MVREC_POOL_H_
#define MVREC_POOL_H_

#include <algorithm>
#include <vector>

#include "instructions.h"

namespace mvrec {

// Rows of a chunk, unless one pair has more.
constexpr size_t kChunk = 120;
// A thread for less than so many rows costs more than it does.
constexpr size_t kPerThread = 128;

struct Lists {
  size_t pairs;
  const int32_t* offsets;
  const int32_t* rows;
  const int32_t* query;  // [P]
  const int32_t* list;   // [P]

  PoolRows Of(int32_t pair) const {
    const int32_t first = offsets[list[pair]];
    return {rows + first, static_cast<size_t>(offsets[list[pair] + 1] - first)};
  }
};

// Pairs by list, without those of empty lists, and where the rows of each begin among all.
class Order {
 public:
  explicit Order(const Lists& lists, size_t list_count) {
    std::vector<size_t> next(list_count + 1);
    for (size_t p = 0; p < lists.pairs; p++) {
      if (lists.Of(p).count > 0) next[lists.list[p] + 1]++;
    }
    for (size_t list = 0; list < list_count; list++) next[list + 1] += next[list];
    pairs_.resize(next[list_count]);
    for (size_t p = 0; p < lists.pairs; p++) {
      if (lists.Of(p).count > 0) pairs_[next[lists.list[p]]++] = static_cast<int32_t>(p);
    }
    firsts_.push_back(0);
    for (const int32_t pair : pairs_) {
      const size_t count = lists.Of(pair).count;
      longest_ = std::max(longest_, count);
      firsts_.push_back(firsts_.back() + count);
    }
  }

  int32_t Pair(size_t at) const { return pairs_[at]; }
  // Rows of the pairs before it.
  size_t First(size_t at) const { return firsts_[at]; }
  size_t Pairs() const { return pairs_.size(); }
  size_t Rows() const { return firsts_.back(); }
  size_t ChunkRows() const { return std::max(kChunk, longest_); }

  size_t Threads(size_t threads) const { return std::min(threads, Rows() / kPerThread + 1); }

  // The first pair of thread `index` of `threads`, each of which has about as many rows.
  size_t Begin(size_t threads, size_t index) const {
    return std::lower_bound(firsts_.begin(), firsts_.end(), Share(Rows(), threads, index).begin) - firsts_.begin();
  }

  // Calls run(begin, end) for the chunks of a thread.
  template <typename Run>
  void ForChunks(size_t threads, size_t index, const Run& run) const {
    size_t begin = Begin(threads, index);
    const size_t end = Begin(threads, index + 1);
    while (begin < end) {
      const auto past = std::upper_bound(firsts_.begin(), firsts_.end(), First(begin) + ChunkRows());
      const size_t next = std::min<size_t>(end, past - firsts_.begin() - 1);
      run(begin, next);
      begin = next;
    }
  }

 private:
  std::vector<int32_t> pairs_;
  std::vector<size_t> firsts_;
  size_t longest_ = 0;
};

// The rows of a chunk, one below the other.
class ChunkMatrix {
 public:
  ChunkMatrix(size_t rows, size_t width) : values_(rows * width) {
    for (size_t r = 0; r < rows; r++) at_.push_back(values_.data() + r * width);
  }
  float* operator[](size_t row) { return at_[row]; }
  float* const* Rows() { return at_.data(); }
  void Clear() { std::fill(values_.begin(), values_.end(), 0.0f); }

 private:
  std::vector<float> values_;
  std::vector<float*> at_;
};

struct Pool {
  PoolInput in;
  Lists lists;
  size_t rows;
  size_t list_count;
  size_t query_count;
  float* weights;  // [rows of all pairs in order, width]; null: they are not kept

  const float* Query(int32_t pair) const { return in.queries + lists.query[pair] * in.width; }
  float* Weights(size_t row) const { return weights ? weights + row * in.width : nullptr; }
};

// What both ways begin with.
Pool ReadPool(Arguments& arguments);

}  // namespace mvrec

#endif  // MVREC_POOL_H_
