#include "kernels.h"
#include "pool.h"
#include "sharedRows.h"
#include "threadSums.h"
#include "threads.h"

namespace mvrec {
namespace {

struct PoolGradients {
  float* keys;
  float* values;
  float* queries;
  float* matrix;
};

// Where each thread adds to the gradients of keys and values, by the rows of pairs in order, and of queries, by pair.
struct Targets {
  Targets(const Pool& pool, const Order& order, size_t threads)
      : rows(pool.rows, threads), queries(pool.query_count, threads), row(order.Rows()), query(order.Pairs()) {
    for (size_t thread = 0; thread < threads; thread++) {
      for (size_t at = order.Begin(threads, thread); at < order.Begin(threads, thread + 1); at++) {
        const PoolRows list = pool.lists.Of(order.Pair(at));
        rows.Add(thread, list.rows, list.count, row.data() + order.First(at));
        queries.Add(thread, pool.lists.query + order.Pair(at), 1, query.data() + at);
      }
    }
  }
  SharedRows rows;
  SharedRows queries;
  std::vector<int32_t> row;
  std::vector<int32_t> query;
};

class Backward {
 public:
  Backward(const Pool& pool, const Instructions& instructions, const Order& order, size_t threads, const float* dy,
           const PoolGradients& to)
      : pool_(pool),
        instructions_(instructions),
        order_(order),
        threads_(threads),
        dy_(dy),
        width_(pool.in.width),
        transposed_(Panels::OfTransposed(pool.in.matrix, width_, width_, instructions.lanes)),
        targets_(pool, order, threads),
        keys_(targets_.rows, width_, to.keys),
        values_(targets_.rows, width_, to.values),
        queries_(targets_.queries, width_, to.queries),
        matrix_(to.matrix) {}

  void Run() {
    ThreadSums matrices(threads_, width_ * width_);
    Parallel(threads_, [&](size_t thread) {
      Scratch scratch(order_.ChunkRows(), width_);
      float* const matrix = matrices.Start(thread);
      order_.ForChunks(threads_, thread,
                       [&](size_t begin, size_t end) { AddChunk(thread, begin, end, scratch, matrix); });
    });
    matrices.Write(0, width_ * width_, matrix_);
    keys_.Finish();
    values_.Finish();
    queries_.Finish();
  }

 private:
  // Of a thread, for a chunk.
  struct Scratch {
    Scratch(size_t rows, size_t width)
        : hidden(rows, width), d_scores(rows, width), d_hidden(rows, width), keys(rows), values(rows) {}
    ChunkMatrix hidden;
    ChunkMatrix d_scores;
    ChunkMatrix d_hidden;
    std::vector<float*> keys;
    std::vector<float*> values;
  };

  void AddChunk(size_t thread, size_t begin, size_t end, Scratch& scratch, float* matrix) {
    const size_t first = order_.First(begin);
    const size_t count = order_.First(end) - first;
    for (size_t row = 0; row < count; row++) {
      scratch.keys[row] = keys_.Row(thread, targets_.row[first + row]);
      scratch.values[row] = values_.Row(thread, targets_.row[first + row]);
    }
    for (size_t at = begin; at < end; at++) {
      const int32_t pair = order_.Pair(at);
      const PoolRows list = pool_.lists.Of(pair);
      const size_t row = order_.First(at) - first;
      instructions_.pool_hidden(pool_.in, list, pool_.Query(pair), scratch.hidden[row]);
      instructions_.pool_scores_back(pool_.in, list, pool_.Weights(order_.First(at)), dy_ + pair * width_,
                                     scratch.d_scores[row], scratch.values.data() + row);
    }
    scratch.d_hidden.Clear();
    instructions_.add_product(scratch.d_hidden.Rows(), scratch.d_scores.Rows(), count, transposed_, width_);
    instructions_.add_outer_products(matrix, width_, width_, scratch.hidden.Rows(), scratch.d_scores.Rows(), count);
    for (size_t at = begin; at < end; at++) {
      const size_t row = order_.First(at) - first;
      instructions_.pool_hidden_back(pool_.in, order_.First(at + 1) - order_.First(at), scratch.hidden[row],
                                     scratch.d_hidden[row], queries_.Row(thread, targets_.query[at]),
                                     scratch.keys.data() + row);
    }
  }

  const Pool& pool_;
  const Instructions& instructions_;
  const Order& order_;
  size_t threads_;
  const float* dy_;
  size_t width_;
  Panels transposed_;
  Targets targets_;
  SharedGradient keys_;
  SharedGradient values_;
  SharedGradient queries_;
  float* matrix_;
};

}  // namespace

void AdditivePoolBackward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  Pool pool = ReadPool(arguments);
  const size_t width = pool.in.width;
  const Order order(pool.lists, pool.list_count);
  pool.weights = arguments.FloatsOfAtLeast("weights", order.Rows() * width);
  const float* dy = arguments.Floats("gradient of the result", pool.lists.pairs * width);
  PoolGradients to{};
  to.keys = arguments.Floats("gradient of the keys", pool.rows * width);
  to.values = arguments.Floats("gradient of the values", pool.rows * width);
  to.queries = arguments.Floats("gradient of the queries", pool.query_count * width);
  to.matrix = arguments.Floats("gradient of the matrix", width * width);
  arguments.End();
  Backward(pool, instructions, order, order.Threads(threads), dy, to).Run();
}

}  // namespace mvrec
