// What pooling by attention does to the rows of one list, elementwise: for additive pooling all but the products with
// its matrix.
#ifndef MVREC_POOL_QUERY_H_
#define MVREC_POOL_QUERY_H_

#include <type_traits>

#include "vectors.h"

namespace mvrec {

struct PoolInput {
  size_t width;
  // s of the activation s tanh(z / s); 0: it is the ReLU.
  float scale;
  const float* keys;     // [R, width]
  const float* values;   // [R, width]
  const float* queries;  // [Q, width]
  const float* matrix;   // [width, width]
};

// The rows of a query's list.
struct PoolRows {
  const int32_t* rows;
  size_t count;
};

// Calls run(column, lanes) for all vectors of a row; the number of lanes is a constant but for the last.
template <int L, typename Run>
MVREC_INLINE void ForVectors(size_t width, const Run& run) {
  size_t column = 0;
  for (; column + L <= width; column += L) run(column, std::integral_constant<size_t, L>());
  if (column < width) run(column, width - column);
}

// hidden[j] = act(key + query): [count, width]
template <int L>
MVREC_INLINE void PoolHidden(const PoolInput& in, const PoolRows& list, const float* query, float* hidden) {
  for (size_t j = 0; j < list.count; j++, hidden += in.width) {
    const float* key = in.keys + list.rows[j] * in.width;
    ForVectors<L>(in.width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
      const Floats<L> z = Load<L>(key + c, lanes) + Load<L>(query + c, lanes);
      // Written so that NaN goes through, as it does in TensorFlow.
      const Floats<L> h = in.scale == 0 ? (z < 0 ? Floats<L>{} : z) : in.scale * Tanh<L>(z * (1 / in.scale));
      Store<L>(hidden + c, h, lanes);
    });
  }
}

// pooled = the values weighted by the softmax of `scores` [count, width], which are used up. Stores the weights where
// `weights` is not null.
template <int L>
MVREC_INLINE void PoolValues(const PoolInput& in, const PoolRows& list, float* scores, float* weights, float* pooled) {
  const size_t width = in.width;
  ForVectors<L>(width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
    Floats<L> most = Load<L>(scores + c, lanes);
    for (size_t j = 1; j < list.count; j++) {
      const Floats<L> score = Load<L>(scores + j * width + c, lanes);
      most = score > most ? score : most;
    }
    Floats<L> norm = {};
    Floats<L> sum = {};
    for (size_t j = 0; j < list.count; j++) {
      float* at = scores + j * width + c;
      const Floats<L> e = Exp<L>(Load<L>(at, lanes) - most);
      norm += e;
      sum += e * Load<L>(in.values + list.rows[j] * width + c, lanes);
      if (weights) Store<L>(at, e, lanes);
    }
    const Floats<L> share = 1.0f / norm;
    Store<L>(pooled + c, sum * share, lanes);
    if (!weights) return;
    for (size_t j = 0; j < list.count; j++) {
      Store<L>(weights + j * width + c, Load<L>(scores + j * width + c, lanes) * share, lanes);
    }
  });
}

// With weights w, result y and its gradient dy: d_scores[j] = w (value - y) dy, and d_values[j] += w dy.
template <int L>
MVREC_INLINE void PoolScoresBack(const PoolInput& in, const PoolRows& list, const float* weights, const float* dy,
                                 float* d_scores, float* const* d_values) {
  const size_t width = in.width;
  ForVectors<L>(width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
    const Floats<L> d = Load<L>(dy + c, lanes);
    Floats<L> y = {};
    for (size_t j = 0; j < list.count; j++) {
      y += Load<L>(weights + j * width + c, lanes) * Load<L>(in.values + list.rows[j] * width + c, lanes);
    }
    for (size_t j = 0; j < list.count; j++) {
      const size_t row = list.rows[j] * width + c;
      const Floats<L> share = Load<L>(weights + j * width + c, lanes) * d;
      Store<L>(d_scores + j * width + c, share * (Load<L>(in.values + row, lanes) - y), lanes);
      AddTo<L>(d_values[j] + c, share, lanes);
    }
  });
}

// From the gradient of `hidden`: d_query and d_keys[j] are added to.
template <int L>
MVREC_INLINE void PoolHiddenBack(const PoolInput& in, size_t count, const float* hidden, const float* d_hidden,
                                 float* d_query, float* const* d_keys) {
  const size_t width = in.width;
  const float curve = in.scale == 0 ? 0 : 1 / (in.scale * in.scale);
  ForVectors<L>(width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
    Floats<L> sum = {};
    for (size_t j = 0; j < count; j++) {
      const Floats<L> h = Load<L>(hidden + j * width + c, lanes);
      Floats<L> d = Load<L>(d_hidden + j * width + c, lanes);
      d = in.scale == 0 ? (h > 0 ? d : Floats<L>{}) : d * (1.0f - h * h * curve);
      AddTo<L>(d_keys[j] + c, d, lanes);
      sum += d;
    }
    AddTo<L>(d_query + c, sum, lanes);
  });
}

// pooled = the values weighted by the softmax of the scores, for each channel. Both are [R, width].
template <int L>
MVREC_INLINE void SoftmaxPool(size_t width, const float* scores, const float* values, const PoolRows& list,
                              float* pooled) {
  ForVectors<L>(width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
    const auto at = [&](const float* x, size_t j) __attribute__((always_inline)) {
      return Load<L>(x + list.rows[j] * width + c, lanes);
    };
    Floats<L> most = at(scores, 0);
    for (size_t j = 1; j < list.count; j++) {
      const Floats<L> score = at(scores, j);
      most = score > most ? score : most;
    }
    Floats<L> norm = {};
    Floats<L> sum = {};
    for (size_t j = 0; j < list.count; j++) {
      const Floats<L> e = Exp<L>(at(scores, j) - most);
      norm += e;
      sum += e * at(values, j);
    }
    Store<L>(pooled + c, sum / norm, lanes);
  });
}

// With weights w, result y and its gradient dy: d_scores[j] += w (value - y) dy, d_values[j] += w dy. The weights cost
// less to make again than to keep. `scratch` has list.count * L elements.
template <int L>
MVREC_INLINE void SoftmaxPoolBack(size_t width, const float* scores, const float* values, const PoolRows& list,
                                  const float* dy, float* scratch, float* const* d_scores, float* const* d_values) {
  ForVectors<L>(width, [&](size_t c, auto lanes) __attribute__((always_inline)) {
    const auto at = [&](const float* x, size_t j) __attribute__((always_inline)) {
      return Load<L>(x + list.rows[j] * width + c, lanes);
    };
    Floats<L> most = at(scores, 0);
    for (size_t j = 1; j < list.count; j++) {
      const Floats<L> score = at(scores, j);
      most = score > most ? score : most;
    }
    Floats<L> norm = {};
    Floats<L> sum = {};
    for (size_t j = 0; j < list.count; j++) {
      const Floats<L> e = Exp<L>(at(scores, j) - most);
      Store<L>(scratch + j * L, e);
      norm += e;
      sum += e * at(values, j);
    }
    const Floats<L> y = sum / norm;
    const Floats<L> share = Load<L>(dy + c, lanes) / norm;
    for (size_t j = 0; j < list.count; j++) {
      const Floats<L> d = Load<L>(scratch + j * L) * share;
      AddTo<L>(d_scores[j] + c, d * (at(values, j) - y), lanes);
      AddTo<L>(d_values[j] + c, d, lanes);
    }
  });
}

}  // namespace mvrec

#endif  // MVREC_POOL_QUERY_H_
