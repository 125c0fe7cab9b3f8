#include "kernels.h"
#include "recurrence.h"

namespace mvrec {
namespace {

Cell ReadCell(Arguments& arguments, const Recurrence& all) {
  const size_t positions = all.count * all.steps;
  Cell cell;
  cell.input = arguments.Floats("input weights", all.inputs * all.Width());
  cell.state = arguments.Floats("state weights", all.units * all.Width());
  cell.bias = arguments.Floats("bias", all.Width());
  cell.gates = arguments.FloatsOfAtLeast("gates", positions * all.Width());
  cell.memory = arguments.FloatsOfAtLeast("memory", positions * all.units);
  return cell;
}

CellGradient ReadCellGradient(Arguments& arguments, const Recurrence& all) {
  CellGradient gradient;
  gradient.input = arguments.Floats("gradient of the input weights", all.inputs * all.Width());
  gradient.state = arguments.Floats("gradient of the state weights", all.units * all.Width());
  gradient.bias = arguments.Floats("gradient of the bias", all.Width());
  return gradient;
}

void CheckEdges(const Arguments& arguments, const Recurrence& all) {
  for (size_t sequence = 0; sequence < all.count; sequence++) {
    const size_t length = static_cast<size_t>(all.lengths[sequence]);
    for (size_t step = 1; step < length; step++) {
      const int64_t edge = all.edges[sequence * all.steps + step];
      if (edge < 0 || edge >= static_cast<int64_t>(step)) {
        arguments.Refuse("edges", "lead from position " + std::to_string(step) + " to " + std::to_string(edge) +
                                      ", which is not earlier");
      }
    }
  }
}

// What both ways begin with: sizes, sequences, inputs, states and cells.
Recurrence ReadRecurrence(Arguments& arguments) {
  Recurrence all{};
  all.count = arguments.Integer("count", 0, 1 << 24);
  all.steps = arguments.Integer("steps", 0, 1 << 20);
  all.inputs = arguments.Integer("inputs", 1, 1 << 14);
  all.units = arguments.Integer("units", 1, 1 << 14);
  all.link = static_cast<Link>(arguments.Integer("link", 0, 3));
  all.lengths = arguments.IntsWithin("lengths", all.count, 0, all.steps);
  all.x = arguments.Floats("x", all.count * all.steps * all.inputs);
  all.h = arguments.Floats("h", all.count * all.steps * all.units);
  all.main = ReadCell(arguments, all);
  if (all.link != Link::kNone) {
    all.edges = arguments.Ints("edges", all.count * all.steps);
    CheckEdges(arguments, all);
    all.star = ReadCell(arguments, all);
  }
  return all;
}

}  // namespace

void RecurrentForward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  const Recurrence all = ReadRecurrence(arguments);
  arguments.End();
  Forward(all, instructions, threads);
}

void RecurrentBackward(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Instructions& instructions = ReadInstructions(arguments);
  const Recurrence all = ReadRecurrence(arguments);
  Gradients to{};
  to.dh = arguments.Floats("gradient of h", all.count * all.steps * all.units);
  to.dx = arguments.Floats("gradient of x", all.count * all.steps * all.inputs);
  to.main = ReadCellGradient(arguments, all);
  if (all.link != Link::kNone) to.star = ReadCellGradient(arguments, all);
  arguments.End();
  Backward(all, instructions, threads, to);
}

}  // namespace mvrec
