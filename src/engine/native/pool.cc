// Feature-wise additive pooling: every query attends to the rows of its list. With hidden[j] = act(key[j] + query) the
// scores are hidden M, one a channel; their softmax over the list weights the values.
//
// Queries of one list stand together, so that its rows stay in the cache, and are worked off in chunks for which that
// holds of everything in between. For the way back only the weights are kept; the hidden rows cost less to make again
// than to bring back.
#include <algorithm>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "threads.h"

namespace mvrec {
namespace {

// Rows of a chunk, unless one query has more.
constexpr size_t kChunk = 120;
// A thread for less than so many rows costs more than it does.
constexpr size_t kPerThread = 128;

struct Lists {
  size_t queries;
  const int32_t* offsets;
  const int32_t* rows;
  const int32_t* of;  // [Q]

  PoolRows Of(int32_t query) const {
    const int32_t first = offsets[of[query]];
    return {rows + first, static_cast<size_t>(offsets[of[query] + 1] - first)};
  }
};

// Queries by list, without those of empty lists, and where the rows of each begin among all.
class Order {
 public:
  explicit Order(const Lists& lists, size_t list_count) {
    std::vector<size_t> next(list_count + 1);
    for (size_t q = 0; q < lists.queries; q++) {
      if (lists.Of(q).count > 0) next[lists.of[q] + 1]++;
    }
    for (size_t list = 0; list < list_count; list++) next[list + 1] += next[list];
    queries_.resize(next[list_count]);
    for (size_t q = 0; q < lists.queries; q++) {
      if (lists.Of(q).count > 0) queries_[next[lists.of[q]]++] = static_cast<int32_t>(q);
    }
    firsts_.push_back(0);
    for (const int32_t query : queries_) {
      const size_t count = lists.Of(query).count;
      longest_ = std::max(longest_, count);
      firsts_.push_back(firsts_.back() + count);
    }
  }

  int32_t Query(size_t at) const { return queries_[at]; }
  // Rows of the queries before it.
  size_t First(size_t at) const { return firsts_[at]; }
  size_t Rows() const { return firsts_.back(); }
  size_t ChunkRows() const { return std::max(kChunk, longest_); }

  size_t Threads(size_t threads) const { return std::min(threads, Rows() / kPerThread + 1); }

  // Calls run(begin, end) for the chunks of thread `index` of `threads`, each of which has about as many rows.
  template <typename Run>
  void ForChunks(size_t threads, size_t index, const Run& run) const {
    const Share share(Rows(), threads, index);
    size_t begin = std::lower_bound(firsts_.begin(), firsts_.end(), share.begin) - firsts_.begin();
    const size_t end = std::lower_bound(firsts_.begin(), firsts_.end(), share.end) - firsts_.begin();
    while (begin < end) {
      const auto past = std::upper_bound(firsts_.begin(), firsts_.end(), First(begin) + ChunkRows());
      const size_t next = std::min<size_t>(end, past - firsts_.begin() - 1);
      run(begin, next);
      begin = next;
    }
  }

 private:
  std::vector<int32_t> queries_;
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

// Rows of queries whose list is empty become 0.
void ClearEmpty(const Lists& lists, size_t width, float* rows) {
  for (size_t q = 0; q < lists.queries; q++) {
    if (lists.Of(q).count == 0) std::fill_n(rows + q * width, width, 0.0f);
  }
}

struct Pool {
  PoolInput in;
  Lists lists;
  size_t rows;
  size_t list_count;
  float* weights;  // [rows of all queries in order, width]; null: they are not kept

  float* Weights(size_t row) const { return weights ? weights + row * in.width : nullptr; }
};

void Forward(const Pool& pool, const Instructions& instructions, const Order& order, size_t threads, float* pooled) {
  const size_t width = pool.in.width;
  ClearEmpty(pool.lists, width, pooled);
  const Panels matrix = Panels::Of(pool.in.matrix, width, width, instructions.lanes);
  Parallel(threads, [&](size_t thread) {
    ChunkMatrix hidden(order.ChunkRows(), width);
    ChunkMatrix scores(order.ChunkRows(), width);
    order.ForChunks(threads, thread, [&](size_t begin, size_t end) {
      const size_t first = order.First(begin);
      for (size_t at = begin; at < end; at++) {
        const int32_t query = order.Query(at);
        instructions.pool_hidden(pool.in, pool.lists.Of(query), pool.in.queries + query * width,
                                 hidden[order.First(at) - first]);
      }
      scores.Clear();
      instructions.add_product(scores.Rows(), hidden.Rows(), order.First(end) - first, matrix, width);
      for (size_t at = begin; at < end; at++) {
        const int32_t query = order.Query(at);
        instructions.pool_values(pool.in, pool.lists.Of(query), scores[order.First(at) - first],
                                 pool.Weights(order.First(at)), pooled + query * width);
      }
    });
  });
}

struct PoolGradients {
  float* keys;
  float* values;
  float* queries;
  float* matrix;
};

// What one thread adds to the gradients that threads share.
class ThreadGradients {
 public:
  ThreadGradients(const Pool& pool, const Instructions& instructions, const Panels& transposed, const Order& order)
      : pool_(pool),
        instructions_(instructions),
        transposed_(transposed),
        order_(order),
        hidden_(order.ChunkRows(), pool.in.width),
        scores_(order.ChunkRows(), pool.in.width),
        d_hidden_(order.ChunkRows(), pool.in.width) {}

  void AddChunk(size_t begin, size_t end, const float* dy, const PoolGradients& to) {
    const size_t width = pool_.in.width;
    const size_t first = order_.First(begin);
    for (size_t at = begin; at < end; at++) {
      const int32_t query = order_.Query(at);
      const PoolRows list = pool_.lists.Of(query);
      instructions_.pool_hidden(pool_.in, list, pool_.in.queries + query * width, hidden_[order_.First(at) - first]);
      instructions_.pool_scores_back(pool_.in, list, pool_.Weights(order_.First(at)), dy + query * width,
                                     scores_[order_.First(at) - first], to.values);
    }
    const size_t count = order_.First(end) - first;
    d_hidden_.Clear();
    instructions_.add_product(d_hidden_.Rows(), scores_.Rows(), count, transposed_, width);
    instructions_.add_outer_products(to.matrix, width, width, hidden_.Rows(), scores_.Rows(), count);
    for (size_t at = begin; at < end; at++) {
      const int32_t query = order_.Query(at);
      const size_t row = order_.First(at) - first;
      instructions_.pool_hidden_back(pool_.in, pool_.lists.Of(query), hidden_[row], d_hidden_[row],
                                     to.queries + query * width, to.keys);
    }
  }

 private:
  const Pool& pool_;
  const Instructions& instructions_;
  const Panels& transposed_;
  const Order& order_;
  ChunkMatrix hidden_;
  ChunkMatrix scores_;
  ChunkMatrix d_hidden_;
};

// Threads add to gradients of their own, which are summed in the threads' order.
void Backward(const Pool& pool, const Instructions& instructions, const Order& order, size_t threads, const float* dy,
              const PoolGradients& to) {
  const size_t width = pool.in.width;
  ClearEmpty(pool.lists, width, to.queries);
  const size_t sizes[] = {pool.rows * width, pool.rows * width, width * width};
  float* const results[] = {to.keys, to.values, to.matrix};
  const Panels transposed = Panels::OfTransposed(pool.in.matrix, width, width, instructions.lanes);
  std::vector<std::vector<float>> sums(threads);
  Parallel(threads, [&](size_t thread) {
    std::vector<float>& sum = sums[thread];
    sum.resize(sizes[0] + sizes[1] + sizes[2]);
    const PoolGradients own{sum.data(), sum.data() + sizes[0], to.queries, sum.data() + sizes[0] + sizes[1]};
    ThreadGradients gradients(pool, instructions, transposed, order);
    order.ForChunks(threads, thread,
                    [&](size_t begin, size_t end) { gradients.AddChunk(begin, end, dy, own); });
  });
  size_t at = 0;
  for (size_t part = 0; part < 3; part++) {
    std::copy_n(sums[0].data() + at, sizes[part], results[part]);
    for (size_t thread = 1; thread < threads; thread++) {
      for (size_t i = 0; i < sizes[part]; i++) results[part][i] += sums[thread][at + i];
    }
    at += sizes[part];
  }
}

// What both ways begin with.
Pool ReadPool(Arguments& arguments) {
  Pool pool{};
  PoolInput& in = pool.in;
  in.width = arguments.Integer("width", 1, 1 << 14);
  in.scale = static_cast<float>(arguments.Number("scale"));
  const Span<float> keys = arguments.Floats("keys");
  if (keys.size % in.width != 0) arguments.Refuse("keys", "are not rows of " + std::to_string(in.width) + " elements");
  pool.rows = keys.size / in.width;
  in.keys = keys.data;
  in.values = arguments.Floats("values", keys.size);
  const Span<float> queries = arguments.Floats("queries");
  in.queries = queries.data;
  in.matrix = arguments.Floats("matrix", in.width * in.width);
  const Span<int32_t> offsets = arguments.Ints("offsets");
  const Span<int32_t> rows = arguments.Ints("rows");
  arguments.RequireWithin("rows", rows, 0, static_cast<int64_t>(pool.rows) - 1);
  if (offsets.size == 0) arguments.Refuse("offsets", "are missing");
  arguments.RequireWithin("offsets", offsets, 0, static_cast<int64_t>(rows.size));
  if (!std::is_sorted(offsets.data, offsets.data + offsets.size)) arguments.Refuse("offsets", "do not ascend");
  pool.list_count = offsets.size - 1;
  pool.lists.queries = queries.size / in.width;
  pool.lists.offsets = offsets.data;
  pool.lists.rows = rows.data;
  if (pool.lists.queries * in.width != queries.size) {
    arguments.Refuse("queries", "are not rows of " + std::to_string(in.width) + " elements");
  }
  pool.lists.of = arguments.IntsWithin("of", pool.lists.queries, 0, static_cast<int64_t>(pool.list_count) - 1);
  return pool;
}

}  // namespace

void AdditivePoolForward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  Pool pool = ReadPool(arguments);
  const Order order(pool.lists, pool.list_count);
  const Span<float> weights = arguments.Floats("weights");
  if (weights.size > 0 && weights.size < order.Rows() * pool.in.width) arguments.Refuse("weights", "are too few");
  if (weights.size > 0) pool.weights = weights.data;
  float* pooled = arguments.Floats("pooled", pool.lists.queries * pool.in.width);
  arguments.End();
  Forward(pool, instructions, order, order.Threads(threads), pooled);
}

void AdditivePoolBackward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  Pool pool = ReadPool(arguments);
  const size_t width = pool.in.width;
  const Order order(pool.lists, pool.list_count);
  const Span<float> weights = arguments.Floats("weights");
  if (weights.size < order.Rows() * width) arguments.Refuse("weights", "are too few");
  pool.weights = weights.data;
  const float* dy = arguments.Floats("gradient of the result", pool.lists.queries * width);
  PoolGradients to{};
  to.keys = arguments.Floats("gradient of the keys", pool.rows * width);
  to.values = arguments.Floats("gradient of the values", pool.rows * width);
  to.queries = arguments.Floats("gradient of the queries", pool.lists.queries * width);
  to.matrix = arguments.Floats("gradient of the matrix", width * width);
  arguments.End();
  Backward(pool, instructions, order, order.Threads(threads), dy, to);
}

}  // namespace mvrec
