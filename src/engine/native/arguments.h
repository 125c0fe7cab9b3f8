// How a kernel reads what JavaScript passes: one call an argument, in order. Typed arrays and tensors are used in place;
// that a tensor is still there is for the caller to see to. What does not fit (another type, another length, a number
// out of range) becomes a RangeError; nothing is touched then, because kernels read all arguments before they start.
#ifndef MVREC_ARGUMENTS_H_
#define MVREC_ARGUMENTS_H_

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace mvrec {

template <typename T>
struct Span {
  T* data;
  size_t size;
  T& operator[](size_t i) const { return data[i]; }
};

// What JavaScript holds for the memory of a tensor; the mark tells it from what other addons make.
struct TensorMemory {
  static constexpr uint64_t kMark = 0x6d76726563746d31;
  uint64_t mark = kMark;
  Span<float> values;
};

class Arguments {
 public:
  static constexpr size_t kMost = 72;

  Arguments(napi_env env, napi_callback_info info, const char* kernel);

  // A whole number in low..high.
  int64_t Integer(const char* name, int64_t low, int64_t high);
  // A finite number.
  double Number(const char* name);
  // A Float32Array or the memory of a tensor (tensorMemory.cc), of any length, or of exactly `size` elements.
  Span<float> Floats(const char* name);
  float* Floats(const char* name, size_t size);
  // Rows of `width` elements, any number of them.
  Span<float> FloatsInRows(const char* name, size_t width);
  // Of `size` elements or more.
  float* FloatsOfAtLeast(const char* name, size_t size);
  // An Int32Array.
  Span<int32_t> Ints(const char* name);
  int32_t* Ints(const char* name, size_t size);
  // An Int32Array of `size` elements, all in low..high.
  int32_t* IntsWithin(const char* name, size_t size, int64_t low, int64_t high);
  // A Float64Array of any length, or of exactly `size` elements.
  Span<double> Doubles(const char* name);
  double* Doubles(const char* name, size_t size);
  // Throws unless all are in low..high.
  void RequireWithin(const char* name, Span<int32_t> values, int64_t low, int64_t high) const;
  // Throws unless list l is rows[offsets[l] .. offsets[l + 1] - 1] for all lists, each of them one of `count` rows.
  void RequireLists(Span<int32_t> offsets, Span<int32_t> rows, size_t count) const;
  // Throws, in words: `name` `what`.
  [[noreturn]] void Refuse(const char* name, const std::string& what) const;
  // To be called after the last argument.
  void End() const;
  napi_env Env() const { return env_; }
  // What the kernel returns; without a call nothing.
  void Return(napi_value result) { result_ = result; }
  napi_value Result() const { return result_; }

 private:
  napi_value Next(const char* name);
  void* Array(const char* name, napi_typedarray_type type, const char* words, size_t* size);

  napi_env env_;
  const char* kernel_;
  napi_value values_[kMost];
  size_t count_ = kMost;
  size_t at_ = 0;
  napi_value result_ = nullptr;
};

// The fixed part [begin, end) of n things that thread `index` of `threads` works on.
struct Share {
  Share(size_t n, size_t threads, size_t index) : begin(n * index / threads), end(n * (index + 1) / threads) {}
  size_t begin;
  size_t end;
};

}  // namespace mvrec

#endif  // MVREC_ARGUMENTS_H_
