// Means of the rows that lists name, and the way back: rows are read and written where they lie, so that no list has a copy
// of its rows.
#include <algorithm>
#include <type_traits>

#include "kernels.h"
#include "threads.h"
#include "vectors.h"

namespace mvrec {
namespace {

struct Lists {
  size_t width;
  Span<int32_t> offsets;  // list l is rows[offsets[l] .. offsets[l + 1] - 1]
  Span<int32_t> rows;
  Span<float> x;  // [count, width]
  float* means;   // [lists, width]

  static Lists Read(Arguments& arguments) {
    Lists lists{};
    lists.width = arguments.Integer("width", 1, INT32_MAX);
    lists.offsets = arguments.Ints("offsets");
    lists.rows = arguments.Ints("rows");
    return lists;
  }

  void ReadArrays(Arguments& arguments) {
    x = arguments.FloatsInRows("x", width);
    arguments.RequireLists(offsets, rows, x.size / width);
    means = arguments.Floats("means", (offsets.size - 1) * width);
    arguments.End();
  }
};

constexpr size_t kLine = 16;  // floats

// Columns first .. first + columns - 1 of the mean of a list, whose sums stay in registers where their number is known.
template <typename Columns>
MVREC_INLINE void MeanOf(const Lists& lists, size_t l, size_t first, Columns columns) {
  const size_t begin = lists.offsets[l], end = lists.offsets[l + 1];
  float sum[kLine] = {};
  for (size_t i = begin; i < end; i++) {
    const float* row = lists.x.data + lists.rows[i] * lists.width + first;
    for (size_t c = 0; c < columns; c++) sum[c] += row[c];
  }
  const float part = end == begin ? 0.0f : 1.0f / static_cast<float>(end - begin);
  float* mean = lists.means + l * lists.width + first;
  for (size_t c = 0; c < columns; c++) mean[c] = sum[c] * part;
}

__attribute__((target_clones("avx512f", "avx2", "default")))
void MeanSome(const Lists& lists, Share share) {
  const size_t lines = lists.width / kLine * kLine;
  for (size_t l = share.begin; l < share.end; l++) {
    for (size_t c = 0; c < lines; c += kLine) {
      MeanOf(lists, l, c, std::integral_constant<size_t, kLine>());
    }
    if (lines < lists.width) MeanOf(lists, l, lines, lists.width - lines);
  }
}

// Lines `share` of every row: no two threads write to one, and each sum has the order of the lists.
__attribute__((target_clones("avx512f", "avx2", "default")))
void BackSome(const Lists& lists, Share share) {
  const size_t first = share.begin * kLine, last = std::min(share.end * kLine, lists.width);
  for (size_t l = 0; l + 1 < lists.offsets.size; l++) {
    const float* __restrict const slope = lists.means + l * lists.width;
    const size_t begin = lists.offsets[l], end = lists.offsets[l + 1];
    if (end == begin) continue;
    const float part = 1.0f / static_cast<float>(end - begin);
    for (size_t i = begin; i < end; i++) {
      float* __restrict const row = lists.x.data + lists.rows[i] * lists.width;
      for (size_t c = first; c < last; c++) row[c] += part * slope[c];
    }
  }
}

// Below this a thread costs more than it does.
constexpr size_t kPerThread = 16384;

size_t ThreadsFor(const Lists& lists, size_t threads, size_t parts) {
  return std::max<size_t>(1, std::min({threads, lists.rows.size * lists.width / kPerThread + 1, parts}));
}

}  // namespace

void MeanOfLists(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  Lists lists = Lists::Read(arguments);
  lists.ReadArrays(arguments);
  const size_t count = lists.offsets.size - 1;
  const size_t used = ThreadsFor(lists, threads, count);
  Parallel(used, [&](size_t index) { MeanSome(lists, Share(count, used, index)); });
}

void MeanOfListsBackward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  Lists lists = Lists::Read(arguments);
  lists.ReadArrays(arguments);
  std::fill_n(lists.x.data, lists.x.size, 0.0f);
  const size_t lines = (lists.width + kLine - 1) / kLine;
  const size_t used = ThreadsFor(lists, threads, lines);
  Parallel(used, [&](size_t index) { BackSome(lists, Share(lines, used, index)); });
}

}  // namespace mvrec
