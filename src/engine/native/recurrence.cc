#include "recurrence.h"

#include <algorithm>
#include <numeric>

#include "arguments.h"
#include "threads.h"

namespace mvrec {

size_t Block::Active(const Recurrence& all, size_t step) const {
  size_t active = count;
  while (active > 0 && static_cast<size_t>(all.lengths[sequences[active - 1]]) <= step) active--;
  return active;
}

Partition::Partition(const Recurrence& all, size_t threads) : order_(all.count), of_(threads) {
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](int32_t a, int32_t b) { return all.lengths[a] > all.lengths[b]; });
  const size_t rounds = (all.count + threads * Block::kMost - 1) / (threads * Block::kMost);
  for (size_t index = 0; index < rounds * threads; index++) {
    const Share share(all.count, rounds * threads, index);
    if (share.begin == share.end) continue;
    const size_t at = index % threads;
    const size_t thread = (index / threads) % 2 == 0 ? at : threads - 1 - at;
    of_[thread].push_back({order_.data() + share.begin, share.end - share.begin});
  }
}

CellRow CellPath::Row(int32_t sequence, size_t step) const {
  const size_t units = all.units;
  const size_t position = all.Position(sequence, step);
  CellRow row{};
  row.x = all.x + position * all.inputs;
  row.gates = cell().gates + position * all.Width();
  row.memory = cell().memory + position * units;
  row.h = all.h + position * units;
  if (step == 0) return row;
  const float* memories = OwnMemory() ? cell().memory : all.main.memory;
  row.state = all.h + all.Position(sequence, StateStep(sequence, step)) * units;
  row.before = memories + all.Position(sequence, MemoryStep(sequence, step)) * units;
  return row;
}

namespace {

struct ForwardWeights {
  ForwardWeights(const Recurrence& all, bool starred, size_t lanes)
      : path(all, starred),
        input(Panels::OfGates(path.cell().input, all.inputs, all.units, lanes)),
        state(Panels::OfGates(path.cell().state, all.units, all.units, lanes)) {}
  CellPath path;
  Panels input;
  Panels state;
};

void ForwardBlock(const Recurrence& all, const Instructions& instructions, const std::vector<ForwardWeights>& cells,
                  const Block& block) {
  CellRow rows[Block::kMost];
  for (size_t step = 0; step < all.steps; step++) {
    const size_t active = block.Active(all, step);
    for (const ForwardWeights& cell : cells) {
      const CellPath& path = cell.path;
      for (size_t r = 0; r < active; r++) rows[r] = path.Row(block.sequences[r], step);
      const CellWeights weights{&cell.input, &cell.state, path.cell().bias, all.units, path.starred};
      instructions.forward(weights, rows, active);
    }
    for (size_t r = active; r < block.count; r++) {
      std::fill_n(all.h + all.Position(block.sequences[r], step) * all.units, all.units, 0.0f);
    }
  }
}

}  // namespace

void Forward(const Recurrence& all, const Instructions& instructions, size_t threads) {
  std::vector<ForwardWeights> cells;
  cells.emplace_back(all, false, instructions.lanes);
  if (all.link != Link::kNone) cells.emplace_back(all, true, instructions.lanes);
  const Partition blocks(all, threads);
  Parallel(threads, [&](size_t thread) {
    for (const Block& block : blocks[thread]) ForwardBlock(all, instructions, cells, block);
  });
}

}  // namespace mvrec
