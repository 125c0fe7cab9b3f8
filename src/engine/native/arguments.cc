#include "arguments.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace mvrec {

Arguments::Arguments(napi_env env, napi_callback_info info, const char* kernel) : env_(env), kernel_(kernel) {
  napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr);
}

void Arguments::Refuse(const char* name, const std::string& what) const {
  throw std::invalid_argument(std::string(kernel_) + ": " + name + " " + what);
}

napi_value Arguments::Next(const char* name) {
  if (at_ >= count_ || at_ >= kMost) Refuse(name, "is missing");
  return values_[at_++];
}

void Arguments::End() const {
  if (count_ != at_) Refuse("the kernel", "takes " + std::to_string(at_) + " arguments");
}

double Arguments::Number(const char* name) {
  double value = 0;
  if (napi_get_value_double(env_, Next(name), &value) != napi_ok || !std::isfinite(value)) {
    Refuse(name, "is not a finite number");
  }
  return value;
}

int64_t Arguments::Integer(const char* name, int64_t low, int64_t high) {
  const double value = Number(name);
  if (value != std::floor(value) || value < static_cast<double>(low) || value > static_cast<double>(high)) {
    Refuse(name, "is not a whole number in " + std::to_string(low) + ".." + std::to_string(high));
  }
  return static_cast<int64_t>(value);
}

void* Arguments::Array(const char* name, napi_typedarray_type wanted, const char* words, size_t* size) {
  napi_value value = Next(name);
  bool is_typed_array = false;
  napi_typedarray_type type = napi_int8_array;
  void* data = nullptr;
  napi_is_typedarray(env_, value, &is_typed_array);
  if (!is_typed_array ||
      napi_get_typedarray_info(env_, value, &type, size, &data, nullptr, nullptr) != napi_ok || type != wanted) {
    Refuse(name, std::string("is not ") + words);
  }
  return data;
}

namespace {
std::string WrongLength(size_t actual, size_t wanted) {
  return "has " + std::to_string(actual) + " elements instead of " + std::to_string(wanted);
}
}  // namespace

Span<float> Arguments::Floats(const char* name) {
  napi_valuetype type = napi_undefined;
  void* external = nullptr;
  if (at_ < count_ && napi_typeof(env_, values_[at_], &type) == napi_ok && type == napi_external &&
      napi_get_value_external(env_, values_[at_], &external) == napi_ok) {
    at_++;
    const auto* memory = static_cast<TensorMemory*>(external);
    if (memory->mark != TensorMemory::kMark) Refuse(name, "is not the memory of a tensor");
    return memory->values;
  }
  Span<float> span{nullptr, 0};
  span.data = static_cast<float*>(Array(name, napi_float32_array, "a Float32Array", &span.size));
  return span;
}

float* Arguments::Floats(const char* name, size_t size) {
  const Span<float> span = Floats(name);
  if (span.size != size) Refuse(name, WrongLength(span.size, size));
  return span.data;
}

Span<float> Arguments::FloatsInRows(const char* name, size_t width) {
  const Span<float> span = Floats(name);
  if (span.size % width != 0) Refuse(name, "is not rows of " + std::to_string(width) + " elements");
  return span;
}

float* Arguments::FloatsOfAtLeast(const char* name, size_t size) {
  const Span<float> span = Floats(name);
  if (span.size < size) Refuse(name, WrongLength(span.size, size) + " or more");
  return span.data;
}

Span<int32_t> Arguments::Ints(const char* name) {
  Span<int32_t> span{nullptr, 0};
  span.data = static_cast<int32_t*>(Array(name, napi_int32_array, "an Int32Array", &span.size));
  return span;
}

int32_t* Arguments::Ints(const char* name, size_t size) {
  const Span<int32_t> span = Ints(name);
  if (span.size != size) Refuse(name, WrongLength(span.size, size));
  return span.data;
}

Span<double> Arguments::Doubles(const char* name) {
  Span<double> span{nullptr, 0};
  span.data = static_cast<double*>(Array(name, napi_float64_array, "a Float64Array", &span.size));
  return span;
}

double* Arguments::Doubles(const char* name, size_t size) {
  const Span<double> span = Doubles(name);
  if (span.size != size) Refuse(name, WrongLength(span.size, size));
  return span.data;
}

int32_t* Arguments::IntsWithin(const char* name, size_t size, int64_t low, int64_t high) {
  int32_t* data = Ints(name, size);
  RequireWithin(name, {data, size}, low, high);
  return data;
}

void Arguments::RequireWithin(const char* name, Span<int32_t> values, int64_t low, int64_t high) const {
  for (size_t i = 0; i < values.size; i++) {
    if (values[i] < low || values[i] > high) {
      Refuse(name, "holds " + std::to_string(values[i]) + ", which is not in " + std::to_string(low) + ".." +
                       std::to_string(high));
    }
  }
}

void Arguments::RequireLists(Span<int32_t> offsets, Span<int32_t> rows, size_t count) const {
  RequireWithin("rows", rows, 0, static_cast<int64_t>(count) - 1);
  if (offsets.size == 0 || offsets[0] != 0) Refuse("offsets", "do not begin with 0");
  RequireWithin("offsets", offsets, 0, static_cast<int64_t>(rows.size));
  if (!std::is_sorted(offsets.data, offsets.data + offsets.size)) Refuse("offsets", "do not ascend");
}

}  // namespace mvrec
