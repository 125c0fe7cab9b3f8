// Feature-wise attention pooling: for each list of rows the values weighted by the softmax of their scores, separately
// for each channel. A list's rows are read where they lie, and nothing is kept for the way back.
#include <algorithm>
#include <vector>

#include "instructions.h"
#include "kernels.h"
#include "sharedRows.h"
#include "threads.h"

namespace mvrec {
namespace {

// A thread for less than so many rows costs more than it does.
constexpr size_t kPerThread = 512;

struct Lists {
  size_t width;
  size_t rows;  // of scores and values
  const float* scores;
  const float* values;
  size_t count;
  const int32_t* offsets;  // [count + 1]
  const int32_t* places;

  PoolRows Of(size_t list) const {
    return {places + offsets[list], static_cast<size_t>(offsets[list + 1] - offsets[list])};
  }
  size_t Places() const { return offsets[count]; }
  size_t Threads(size_t threads) const {
    return std::min(threads, Places() / kPerThread + 1);
  }
  // The first list of each thread, and the end: all have about as many places.
  size_t First(size_t threads, size_t index) const {
    const auto place = static_cast<int32_t>(Share(Places(), threads, index).begin);
    return index == threads ? count : std::lower_bound(offsets, offsets + count, place) - offsets;
  }
};

void Forward(const Lists& lists, const Instructions& instructions, size_t threads, float* pooled) {
  Parallel(threads, [&](size_t thread) {
    const size_t end = lists.First(threads, thread + 1);
    for (size_t list = lists.First(threads, thread); list < end; list++) {
      const PoolRows rows = lists.Of(list);
      float* to = pooled + list * lists.width;
      if (rows.count == 0) {
        std::fill_n(to, lists.width, 0.0f);
      } else {
        instructions.softmax_pool(lists.width, lists.scores, lists.values, rows, to);
      }
    }
  });
}

void Backward(const Lists& lists, const Instructions& instructions, size_t threads, const float* dy, float* d_scores,
              float* d_values) {
  SharedRows shared(lists.rows, threads);
  std::vector<int32_t> targets(lists.Places());
  size_t longest = 0;
  for (size_t thread = 0; thread < threads; thread++) {
    for (size_t list = lists.First(threads, thread); list < lists.First(threads, thread + 1); list++) {
      const PoolRows rows = lists.Of(list);
      shared.Add(thread, rows.rows, rows.count, targets.data() + lists.offsets[list]);
      longest = std::max(longest, rows.count);
    }
  }
  SharedGradient scores(shared, lists.width, d_scores);
  SharedGradient values(shared, lists.width, d_values);
  Parallel(threads, [&](size_t thread) {
    std::vector<float> scratch(longest * instructions.lanes);
    std::vector<float*> to_scores(longest);
    std::vector<float*> to_values(longest);
    const size_t end = lists.First(threads, thread + 1);
    for (size_t list = lists.First(threads, thread); list < end; list++) {
      const PoolRows rows = lists.Of(list);
      if (rows.count == 0) continue;
      const int32_t* target = targets.data() + lists.offsets[list];
      for (size_t j = 0; j < rows.count; j++) {
        to_scores[j] = scores.Row(thread, target[j]);
        to_values[j] = values.Row(thread, target[j]);
      }
      instructions.softmax_pool_back(lists.width, lists.scores, lists.values, rows, dy + list * lists.width,
                                     scratch.data(), to_scores.data(), to_values.data());
    }
  });
  scores.Finish();
  values.Finish();
}

// What both ways begin with.
Lists ReadLists(Arguments& arguments) {
  Lists lists{};
  lists.width = arguments.Integer("width", 1, 1 << 14);
  const Span<float> scores = arguments.FloatsInRows("scores", lists.width);
  lists.rows = scores.size / lists.width;
  lists.scores = scores.data;
  lists.values = arguments.Floats("values", scores.size);
  const Span<int32_t> offsets = arguments.Ints("offsets");
  const Span<int32_t> places = arguments.Ints("rows");
  arguments.RequireLists(offsets, places, lists.rows);
  lists.count = offsets.size - 1;
  lists.offsets = offsets.data;
  lists.places = places.data;
  return lists;
}

}  // namespace

void SoftmaxPoolForward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  const Lists lists = ReadLists(arguments);
  float* pooled = arguments.Floats("pooled", lists.count * lists.width);
  arguments.End();
  Forward(lists, instructions, lists.Threads(threads), pooled);
}

void SoftmaxPoolBackward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  const Lists lists = ReadLists(arguments);
  const float* dy = arguments.Floats("gradient of the result", lists.count * lists.width);
  float* d_scores = arguments.Floats("gradient of the scores", lists.rows * lists.width);
  float* d_values = arguments.Floats("gradient of the values", lists.rows * lists.width);
  arguments.End();
  Backward(lists, instructions, lists.Threads(threads), dy, d_scores, d_values);
}

}  // namespace mvrec
