#include <algorithm>
#include <vector>

#include "recurrence.h"
#include "threadSums.h"
#include "threads.h"

namespace mvrec {
namespace {

struct BackwardWeights {
  BackwardWeights(const Recurrence& all, bool starred, size_t lanes)
      : path(all, starred),
        input(Panels::OfTransposed(path.cell().input, all.Width(), all.inputs, lanes)),
        state(Panels::OfTransposed(path.cell().state, all.Width(), all.units, lanes)) {}
  CellPath path;
  Panels input;
  Panels state;
};

// Gradients of the states and memories of a block's sequences, to which several later positions add. A thread keeps
// the arrays: memory that is fresh for each block would cost more than its use.
class Pending {
 public:
  void Start(const Recurrence& all, const Block& block, const float* dh) {
    steps_ = all.steps;
    units_ = all.units;
    const size_t each = steps_ * units_;
    main_.assign(block.count * each, 0.0f);
    if (all.link != Link::kNone) star_.assign(block.count * each, 0.0f);
    h_.resize(block.count * each);
    for (size_t r = 0; r < block.count; r++) {
      std::copy_n(dh + all.Position(block.sequences[r], 0) * units_, each, h_.data() + r * each);
    }
  }
  float* State(size_t row, size_t step) { return h_.data() + (row * steps_ + step) * units_; }
  float* Memory(bool starred, size_t row, size_t step) {
    return (starred ? star_ : main_).data() + (row * steps_ + step) * units_;
  }

 private:
  size_t steps_ = 0;
  size_t units_ = 0;
  std::vector<float> main_;
  std::vector<float> star_;
  std::vector<float> h_;
};

// Gradients of a cell's gates at some positions, with what they were made from and go to. They are gathered over
// several steps: only the states' gradients are needed at once, and larger products are faster.
struct Gathered {
  static constexpr size_t kMost = 128;

  void Start(size_t width) {
    // One line more than a row needs: rows a power of two apart would share few of the cache's sets.
    stride = Line::Holding(width) + 1;
    lines.resize(kMost * stride);
    count = 0;
    with_state = 0;
  }
  float* Gates(size_t index) { return lines[index * stride].at; }

  size_t stride;
  std::vector<Line> lines;
  size_t count;
  size_t with_state;  // the first ones; those of step 0, which come last, have none
  const float* gates[kMost];
  const float* inputs[kMost];
  const float* states[kMost];
  float* d_inputs[kMost];
};

// One step back of one cell: the gates of all active rows first, then what they pass on to the states.
void BackwardStep(const Instructions& instructions, const BackwardWeights& cell, const Block& block, Pending& pending,
                  float* dx, size_t step, Gathered& to) {
  const CellPath& path = cell.path;
  const Recurrence& all = path.all;
  const size_t active = block.Active(all, step);
  float* states[Block::kMost];
  for (size_t r = 0; r < active; r++) {
    const int32_t sequence = block.sequences[r];
    const CellRow row = path.Row(sequence, step);
    float* d_before = nullptr;
    if (step > 0) {
      d_before = pending.Memory(path.starred && path.OwnMemory(), r, path.MemoryStep(sequence, step));
      states[r] = pending.State(r, path.StateStep(sequence, step));
    }
    const size_t at = to.count + r;
    float* d_gates = to.Gates(at);
    instructions.backward(all.units, row, pending.State(r, step), pending.Memory(path.starred, r, step), d_before,
                          d_gates);
    to.gates[at] = d_gates;
    to.inputs[at] = row.x;
    to.states[at] = row.state;
    to.d_inputs[at] = dx + all.Position(sequence, step) * all.inputs;
  }
  if (step > 0) {
    instructions.add_product(states, to.gates + to.count, active, cell.state, all.units);
    to.with_state += active;
  }
  to.count += active;
}

// Adds what the gathered gates pass on to inputs and weights.
void PassOn(const Instructions& instructions, const BackwardWeights& cell, const CellGradient& to, Gathered& from) {
  const Recurrence& all = cell.path.all;
  instructions.add_product(from.d_inputs, from.gates, from.count, cell.input, all.inputs);
  instructions.add_rows(to.bias, all.Width(), from.gates, from.count);
  instructions.add_outer_products(to.input, all.inputs, all.Width(), from.inputs, from.gates, from.count);
  instructions.add_outer_products(to.state, all.units, all.Width(), from.states, from.gates, from.with_state);
  from.count = 0;
  from.with_state = 0;
}

void BackwardBlock(const Recurrence& all, const Instructions& instructions, const std::vector<BackwardWeights>& cells,
                   const Block& block, const Gradients& to) {
  static thread_local Pending pending;
  static thread_local Gathered gathered[2];
  pending.Start(all, block, to.dh);
  for (size_t c = 0; c < cells.size(); c++) gathered[c].Start(all.Width());
  for (size_t r = 0; r < block.count; r++) {
    std::fill_n(to.dx + all.Position(block.sequences[r], 0) * all.inputs, all.steps * all.inputs, 0.0f);
  }
  for (size_t step = all.steps; step-- > 0;) {
    for (size_t c = 0; c < cells.size(); c++) {
      BackwardStep(instructions, cells[c], block, pending, to.dx, step, gathered[c]);
    }
    if (step > 0 && gathered[0].count + block.count <= Gathered::kMost) continue;
    for (size_t c = 0; c < cells.size(); c++) {
      PassOn(instructions, cells[c], c == 0 ? to.main : to.star, gathered[c]);
    }
  }
}

}  // namespace

void Backward(const Recurrence& all, const Instructions& instructions, size_t threads, const Gradients& to) {
  const bool starred = all.link != Link::kNone;
  std::vector<BackwardWeights> cells;
  cells.emplace_back(all, false, instructions.lanes);
  if (starred) cells.emplace_back(all, true, instructions.lanes);
  const Partition blocks(all, threads);
  const size_t sizes[] = {all.inputs * all.Width(), all.units * all.Width(), all.Width()};
  const size_t each = sizes[0] + sizes[1] + sizes[2];
  ThreadSums sums(threads, cells.size() * each);
  Parallel(threads, [&](size_t thread) {
    float* const sum = sums.Start(thread);
    const auto part = [&](float* at) { return CellGradient{at, at + sizes[0], at + sizes[0] + sizes[1]}; };
    const Gradients own{to.dh, to.dx, part(sum), starred ? part(sum + each) : CellGradient{}};
    for (const Block& block : blocks[thread]) BackwardBlock(all, instructions, cells, block, own);
  });
  for (size_t c = 0; c < cells.size(); c++) {
    const CellGradient& result = c == 0 ? to.main : to.star;
    sums.Write(c * each, sizes[0], result.input);
    sums.Write(c * each + sizes[0], sizes[1], result.state);
    sums.Write(c * each + sizes[0] + sizes[1], sizes[2], result.bias);
  }
}

}  // namespace mvrec
