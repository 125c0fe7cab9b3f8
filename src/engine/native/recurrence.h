// A recurrent layer over sequences of different lengths: the plain LSTM (Hochreiter and Schmidhuber 1997, with the
// forget gate of Gers et al. 2000), and the temporal-graph LSTM (ALPINE, Li et al. 2019), which has a second, starred
// cell that reads the state of an earlier position chosen by an edge. For each cell, with z = x W + h V + b:
//   i, f, o = sigmoid(z), g = tanh(z), c = i g + f c_before, and the state is the sum over cells of o tanh(c).
//
// Sequences are independent of each other. A thread takes a block of them through all steps, so that nothing waits for
// anything. Positions past a sequence's end hold zeros.
#ifndef MVREC_RECURRENCE_H_
#define MVREC_RECURRENCE_H_

#include <cstdint>
#include <vector>

#include "instructions.h"

namespace mvrec {

// What the starred cell's memory goes on from: its own of the step before, or at the linked position the memory of the
// main cell or its own.
enum class Link { kNone, kPrevious, kLinkedMain, kLinkedStar };

struct Cell {
  const float* input;  // [inputs, 4 units], gates i, f, g, o
  const float* state;  // [units, 4 units]
  const float* bias;   // [4 units]
  float* gates;        // [count, steps, 4 units]
  float* memory;       // [count, steps, units]
};

struct CellGradient {
  float* input;
  float* state;
  float* bias;
};

struct Recurrence {
  size_t count;
  size_t steps;
  size_t inputs;
  size_t units;
  Link link;
  const int32_t* lengths;  // [count]
  const int32_t* edges;    // [count, steps], earlier than the position from position 1 on; null without starred cell
  const float* x;          // [count, steps, inputs]
  float* h;                // [count, steps, units]
  Cell main;
  Cell star;

  size_t Width() const { return kVectors * units; }
  size_t Position(int32_t sequence, size_t step) const { return static_cast<size_t>(sequence) * steps + step; }
};

struct Gradients {
  const float* dh;  // [count, steps, units]
  float* dx;        // [count, steps, inputs]
  CellGradient main;
  CellGradient star;
};

void Forward(const Recurrence& all, const Instructions& instructions, size_t threads);

// Weight gradients are summed by thread, then over threads in their order.
void Backward(const Recurrence& all, const Instructions& instructions, size_t threads, const Gradients& to);

// Sequences that go through the steps together, longest first; few enough for what they need to stay in a core's
// second-level cache.
struct Block {
  static constexpr size_t kMost = 24;
  const int32_t* sequences;
  size_t count;

  // How many of them have more than `step` positions.
  size_t Active(const Recurrence& all, size_t step) const;
};

// Blocks by thread, the same number for each, dealt to and fro so that all have about as much.
class Partition {
 public:
  Partition(const Recurrence& all, size_t threads);
  const std::vector<Block>& operator[](size_t thread) const { return of_[thread]; }

 private:
  std::vector<int32_t> order_;
  std::vector<std::vector<Block>> of_;
};

// A cell within its recurrence: where it goes on from.
struct CellPath {
  CellPath(const Recurrence& recurrence, bool starred_) : all(recurrence), starred(starred_) {}

  const Cell& cell() const { return starred ? all.star : all.main; }
  // Whether its memory goes on from its own, not from the main cell's.
  bool OwnMemory() const { return !starred || all.link != Link::kLinkedMain; }
  // The step, before `step`, whose state it reads.
  size_t StateStep(int32_t sequence, size_t step) const {
    return starred ? static_cast<size_t>(all.edges[all.Position(sequence, step)]) : step - 1;
  }
  // The step whose memory it goes on from.
  size_t MemoryStep(int32_t sequence, size_t step) const {
    return starred && all.link != Link::kPrevious ? StateStep(sequence, step) : step - 1;
  }
  CellRow Row(int32_t sequence, size_t step) const;

  const Recurrence& all;
  bool starred;
};

}  // namespace mvrec

#endif  // MVREC_RECURRENCE_H_
