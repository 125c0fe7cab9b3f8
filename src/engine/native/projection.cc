// Rows of a large matrix times a small one, [N, inputs] x [inputs, outputs], and the gradient of the small one. The rows
// are read where they lie, so that none is copied, and the next ones are called for meanwhile.
#include <algorithm>

#include "instructions.h"
#include "kernels.h"
#include "threadSums.h"
#include "threads.h"

namespace mvrec {
namespace {

// Rows of the large matrix that stay in a core's second-level cache, together with the small one.
constexpr size_t kChunk = 64;
// A thread for less than so many rows costs more than it does.
constexpr size_t kPerThread = 64;

struct Projection {
  size_t inputs;
  size_t outputs;
  const float* matrix;
  size_t count;
  const int32_t* rows;  // [count]

  size_t Threads(size_t threads) const { return std::min(threads, count / kPerThread + 1); }
};

// Rows of the matrix from `begin` on, which come into the cache.
struct Chunk {
  const float* rows[kChunk];
  size_t count;

  Chunk(const Projection& projection, size_t begin, size_t end) : count(std::min(kChunk, end - begin)) {
    for (size_t i = 0; i < count; i++) {
      rows[i] = projection.matrix + static_cast<size_t>(projection.rows[begin + i]) * projection.inputs;
      for (size_t c = 0; c < projection.inputs; c += 16) __builtin_prefetch(rows[i] + c);
    }
  }
};

void Forward(const Projection& projection, const Instructions& instructions, size_t threads, const float* weight,
             float* out) {
  const Panels panels = Panels::Of(weight, projection.inputs, projection.outputs, instructions.lanes);
  Parallel(threads, [&](size_t thread) {
    const Share share(projection.count, threads, thread);
    for (size_t begin = share.begin; begin < share.end; begin += kChunk) {
      const Chunk chunk(projection, begin, share.end);
      float* to[kChunk];
      for (size_t i = 0; i < chunk.count; i++) to[i] = out + (begin + i) * projection.outputs;
      std::fill_n(to[0], chunk.count * projection.outputs, 0.0f);
      instructions.add_product(to, chunk.rows, chunk.count, panels, projection.outputs);
    }
  });
}

void Backward(const Projection& projection, const Instructions& instructions, size_t threads, const float* dy,
              float* d_weight) {
  const size_t size = projection.inputs * projection.outputs;
  ThreadSums sums(threads, size);
  Parallel(threads, [&](size_t thread) {
    float* const sum = sums.Start(thread);
    const Share share(projection.count, threads, thread);
    for (size_t begin = share.begin; begin < share.end; begin += kChunk) {
      const Chunk chunk(projection, begin, share.end);
      const float* gradients[kChunk];
      for (size_t i = 0; i < chunk.count; i++) gradients[i] = dy + (begin + i) * projection.outputs;
      instructions.add_outer_products(sum, projection.inputs, projection.outputs, chunk.rows, gradients,
                                      chunk.count);
    }
  });
  sums.Write(0, size, d_weight);
}

// What both ways begin with.
Projection ReadProjection(Arguments& arguments) {
  Projection projection{};
  projection.inputs = arguments.Integer("inputs", 1, 1 << 24);
  projection.outputs = arguments.Integer("outputs", 1, 1 << 16);
  const Span<float> matrix = arguments.FloatsInRows("matrix", projection.inputs);
  projection.matrix = matrix.data;
  const Span<int32_t> rows = arguments.Ints("rows");
  arguments.RequireWithin("rows", rows, 0, static_cast<int64_t>(matrix.size / projection.inputs) - 1);
  projection.count = rows.size;
  projection.rows = rows.data;
  return projection;
}

}  // namespace

void ProjectRows(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  const Projection projection = ReadProjection(arguments);
  const float* weight = arguments.Floats("weight", projection.inputs * projection.outputs);
  float* out = arguments.Floats("result", projection.count * projection.outputs);
  arguments.End();
  Forward(projection, instructions, projection.Threads(threads), weight, out);
}

void ProjectRowsBackward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  const Projection projection = ReadProjection(arguments);
  const float* dy = arguments.Floats("gradient of the result", projection.count * projection.outputs);
  float* d_weight = arguments.Floats("gradient of the weight", projection.inputs * projection.outputs);
  arguments.End();
  Backward(projection, instructions, projection.Threads(threads), dy, d_weight);
}

}  // namespace mvrec
