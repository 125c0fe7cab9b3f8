#include "kernels.h"
#include "threads.h"

namespace mvrec {

__attribute__((target_clones("avx512f", "avx2", "default")))
static void Add(float* to, const float* from, size_t begin, size_t end) {
  for (size_t i = begin; i < end; i++) to[i] += from[i];
}

void AddInto(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Span<float> to = arguments.Floats("to");
  const float* from = arguments.Floats("from", to.size);
  arguments.End();
  Parallel(threads, [&](size_t index) {
    const Share share(to.size, threads, index);
    Add(to.data, from, share.begin, share.end);
  });
}

}  // namespace mvrec
