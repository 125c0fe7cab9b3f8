#include "pool.h"

#include "kernels.h"
#include "threads.h"

namespace mvrec {
namespace {

void Forward(const Pool& pool, const Instructions& instructions, const Order& order, size_t threads, float* pooled) {
  const size_t width = pool.in.width;
  for (size_t p = 0; p < pool.lists.pairs; p++) {
    if (pool.lists.Of(p).count == 0) std::fill_n(pooled + p * width, width, 0.0f);
  }
  const Panels matrix = Panels::Of(pool.in.matrix, width, width, instructions.lanes);
  Parallel(threads, [&](size_t thread) {
    ChunkMatrix hidden(order.ChunkRows(), width);
    ChunkMatrix scores(order.ChunkRows(), width);
    order.ForChunks(threads, thread, [&](size_t begin, size_t end) {
      const size_t first = order.First(begin);
      for (size_t at = begin; at < end; at++) {
        const int32_t pair = order.Pair(at);
        instructions.pool_hidden(pool.in, pool.lists.Of(pair), pool.Query(pair), hidden[order.First(at) - first]);
      }
      scores.Clear();
      instructions.add_product(scores.Rows(), hidden.Rows(), order.First(end) - first, matrix, width);
      for (size_t at = begin; at < end; at++) {
        const int32_t pair = order.Pair(at);
        instructions.pool_values(pool.in, pool.lists.Of(pair), scores[order.First(at) - first],
                                 pool.Weights(order.First(at)), pooled + pair * width);
      }
    });
  });
}

}  // namespace

Pool ReadPool(Arguments& arguments) {
  Pool pool{};
  PoolInput& in = pool.in;
  in.width = arguments.Integer("width", 1, 1 << 14);
  in.scale = static_cast<float>(arguments.Number("scale"));
  const Span<float> keys = arguments.FloatsInRows("keys", in.width);
  pool.rows = keys.size / in.width;
  in.keys = keys.data;
  in.values = arguments.Floats("values", keys.size);
  const Span<float> queries = arguments.FloatsInRows("queries", in.width);
  in.queries = queries.data;
  in.matrix = arguments.Floats("matrix", in.width * in.width);
  pool.query_count = queries.size / in.width;
  const Span<int32_t> offsets = arguments.Ints("offsets");
  const Span<int32_t> rows = arguments.Ints("rows");
  arguments.RequireLists(offsets, rows, pool.rows);
  pool.list_count = offsets.size - 1;
  const Span<int32_t> query = arguments.Ints("query");
  arguments.RequireWithin("query", query, 0, static_cast<int64_t>(pool.query_count) - 1);
  const int32_t* list = arguments.IntsWithin("of", query.size, 0, static_cast<int64_t>(pool.list_count) - 1);
  pool.lists = {query.size, offsets.data, rows.data, query.data, list};
  return pool;
}

void AdditivePoolForward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  Pool pool = ReadPool(arguments);
  const Order order(pool.lists, pool.list_count);
  const Span<float> weights = arguments.Floats("weights");
  if (weights.size > 0 && weights.size < order.Rows() * pool.in.width) arguments.Refuse("weights", "are too few");
  if (weights.size > 0) pool.weights = weights.data;
  float* pooled = arguments.Floats("pooled", pool.lists.pairs * pool.in.width);
  arguments.End();
  Forward(pool, instructions, order, order.Threads(threads), pooled);
}

}  // namespace mvrec
