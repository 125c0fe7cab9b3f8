// BPR's own learner: the same operations in the same order as ../bprSgd.ts, in double precision and without fused
// multiply-add (-ffp-contract=off, see ../kernels.ts), so that the results are the same bits. One thread: each couple sees what the one before has changed.
#include <cstring>

#include "kernels.h"

namespace mvrec {
namespace {

constexpr size_t kLanes = 8;
constexpr size_t kAhead = 8;  // couples
constexpr size_t kLine = 16;  // floats

typedef float Floats __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef double Doubles __attribute__((vector_size(kLanes * sizeof(double))));

struct Couples {
  size_t width;
  float* users;
  float* items;
  float* bias;  // or null
  size_t count;
  const int32_t* user;
  const int32_t* positive;
  const int32_t* negative;
  double learning_rate;
  double decay;
};

__attribute__((always_inline)) inline Doubles Load(const float* from) {
  return __builtin_convertvector(*reinterpret_cast<const Floats*>(from), Doubles);
}

__attribute__((always_inline)) inline void Store(float* to, Doubles values) {
  *reinterpret_cast<Floats*>(to) = __builtin_convertvector(values, Floats);
}

__attribute__((always_inline)) inline double Exp(double y) {
  y = y < -300 ? -300 : y > 300 ? 300 : y;
  const double k = __builtin_floor(y * 1.4426950408889634 + 0.5);
  const double r = y - k * 0.6931471805599453;
  const double r2 = r * r;
  const double low = 1 + r + r2 * (1.0 / 2 + r * (1.0 / 6));
  const double high = 1.0 / 24 + r * (1.0 / 120) + r2 * (1.0 / 720 + r * (1.0 / 5040));
  const int64_t bits = (static_cast<int64_t>(k == k ? k : 0) + 1023) << 52;
  double power;
  std::memcpy(&power, &bits, sizeof power);
  return (low + r2 * r2 * high) * power;
}

__attribute__((always_inline)) inline void Prefetch(const float* row, size_t width) {
  for (size_t c = 0; c < width; c += kLine) __builtin_prefetch(row + c, 1);
}

// Learns all couples; loss: a number and the power of 2^512 that it is to be multiplied with, of which the logarithm
// is the sum of the losses.
__attribute__((target_clones("avx512f", "avx2", "default")))
void Learn(const Couples& couples, double* loss) {
  const auto [width, users, items, bias, count, user, positive, negative, learning_rate, decay] = couples;
  double product = 1;
  double scaled = 0;
  for (size_t k = 0; k < count; k++) {
    if (k + kAhead < count) {
      Prefetch(users + user[k + kAhead] * width, width);
      Prefetch(items + positive[k + kAhead] * width, width);
      Prefetch(items + negative[k + kAhead] * width, width);
    }
    if (positive[k] == negative[k]) continue;
    float* const p = users + user[k] * width;
    float* const i = items + positive[k] * width;
    float* const j = items + negative[k] * width;
    Doubles sums = {};
    size_t c = 0;
    for (; c + kLanes <= width; c += kLanes) sums += Load(p + c) * (Load(i + c) - Load(j + c));
    for (; c < width; c++) sums[0] += static_cast<double>(p[c]) * (static_cast<double>(i[c]) - j[c]);
    double x = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    float* const bias_i = bias ? bias + positive[k] : nullptr;
    float* const bias_j = bias ? bias + negative[k] : nullptr;
    if (bias) x += static_cast<double>(*bias_i) - *bias_j;
    const double t = Exp(-x);
    product *= 1 + t;
    if (product > 0x1p512) {
      product *= 0x1p-512;
      scaled++;
    }
    const double g = learning_rate * (t / (1 + t));
    for (c = 0; c + kLanes <= width; c += kLanes) {
      const Doubles pc = Load(p + c);
      const Doubles ic = Load(i + c);
      const Doubles jc = Load(j + c);
      Store(p + c, pc + (g * (ic - jc) - decay * pc));
      Store(i + c, ic + (g * pc - decay * ic));
      Store(j + c, jc - (g * pc + decay * jc));
    }
    for (; c < width; c++) {
      const double pc = p[c];
      const double ic = i[c];
      const double jc = j[c];
      p[c] = static_cast<float>(pc + (g * (ic - jc) - decay * pc));
      i[c] = static_cast<float>(ic + (g * pc - decay * ic));
      j[c] = static_cast<float>(jc - (g * pc + decay * jc));
    }
    if (bias) {
      *bias_i = static_cast<float>(*bias_i + (g - decay * *bias_i));
      *bias_j = static_cast<float>(*bias_j - (g + decay * *bias_j));
    }
  }
  loss[0] = product;
  loss[1] = scaled;
}

}  // namespace

void BprSgd(Arguments& arguments) {
  Couples couples;
  couples.width = arguments.Integer("width", 1, INT32_MAX);
  const Span<float> users = arguments.Floats("users");
  const Span<float> items = arguments.Floats("items");
  couples.users = users.data;
  couples.items = items.data;
  const int64_t last_user = static_cast<int64_t>(users.size / couples.width) - 1;
  const int64_t last_item = static_cast<int64_t>(items.size / couples.width) - 1;
  const Span<float> bias = arguments.Floats("bias");
  if (bias.size != 0 && bias.size != items.size / couples.width) arguments.Refuse("bias", "is not one an item");
  couples.bias = bias.size == 0 ? nullptr : bias.data;
  const Span<int32_t> user = arguments.Ints("user");
  arguments.RequireWithin("user", user, 0, last_user);
  couples.count = user.size;
  couples.user = user.data;
  couples.positive = arguments.IntsWithin("positive", user.size, 0, last_item);
  couples.negative = arguments.IntsWithin("negative", user.size, 0, last_item);
  couples.learning_rate = arguments.Number("learningRate");
  couples.decay = arguments.Number("decay");
  double* loss = arguments.Doubles("loss", 2);
  arguments.End();
  Learn(couples, loss);
}

}  // namespace mvrec
