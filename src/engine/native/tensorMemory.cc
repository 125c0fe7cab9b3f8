// Memory of TensorFlow's tensors for kernels, without copying it. The addon hands out copies only; but an operation sees
// its inputs where they lie, and TensorFlow lets its programs add operations. Ours has no output: it notes where its
// input is. JavaScript gets that as a value that it can only pass on: an array over foreign memory would count as its
// own, and make it collect garbage all the time.
//
// TensorFlow is looked up among the libraries that this process has loaded, so that the kernels are compiled without it.
// The declarations are those of its C interface (c_api.h, ops.h, kernels.h), as far as they are used.
#include <dlfcn.h>
#include <node_api.h>

#include <stdexcept>
#include <type_traits>

#include "kernels.h"

namespace mvrec {
namespace {

struct Status;
struct Tensor;
struct KernelContext;
struct KernelConstruction;
struct OpBuilder;
struct KernelBuilder;

struct TensorFlow {
  Status* (*TF_NewStatus)();
  void (*TF_DeleteStatus)(Status*);
  int (*TF_GetCode)(const Status*);
  void* (*TF_TensorData)(const Tensor*);
  size_t (*TF_TensorByteSize)(const Tensor*);
  void (*TF_DeleteTensor)(Tensor*);
  void (*TF_GetInput)(KernelContext*, int, Tensor**, Status*);
  OpBuilder* (*TF_NewOpDefinitionBuilder)(const char*);
  void (*TF_OpDefinitionBuilderAddInput)(OpBuilder*, const char*);
  void (*TF_OpDefinitionBuilderSetIsStateful)(OpBuilder*, bool);
  void (*TF_RegisterOpDefinition)(OpBuilder*, Status*);
  KernelBuilder* (*TF_NewKernelBuilder)(const char*, const char*, void* (*)(KernelConstruction*),
                                        void (*)(void*, KernelContext*), void (*)(void*));
  void (*TF_RegisterKernelBuilder)(const char*, KernelBuilder*, Status*);
};

TensorFlow tensorflow;
constexpr char kOperation[] = "MvrecTensorMemory";

// Of the last input. The operation runs on the thread that asks for it, and each thread may have an engine.
thread_local Span<float> seen{nullptr, 0};

void See(void*, KernelContext* context) {
  seen.data = nullptr;
  Status* status = tensorflow.TF_NewStatus();
  Tensor* tensor = nullptr;
  tensorflow.TF_GetInput(context, 0, &tensor, status);
  if (tensorflow.TF_GetCode(status) == 0) {
    seen.data = static_cast<float*>(tensorflow.TF_TensorData(tensor));
    seen.size = tensorflow.TF_TensorByteSize(tensor) / sizeof(float);
    tensorflow.TF_DeleteTensor(tensor);
  }
  tensorflow.TF_DeleteStatus(status);
}

bool Register() {
  void* library = dlopen("libtensorflow_framework.so.2", RTLD_LAZY | RTLD_NOLOAD);
  if (!library) return false;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
    return function != nullptr;
  };
#define MVREC_FIND(name) find(tensorflow.name, #name)
  const bool found = MVREC_FIND(TF_NewStatus) && MVREC_FIND(TF_DeleteStatus) && MVREC_FIND(TF_GetCode) &&
                     MVREC_FIND(TF_TensorData) && MVREC_FIND(TF_TensorByteSize) && MVREC_FIND(TF_DeleteTensor) &&
                     MVREC_FIND(TF_GetInput) && MVREC_FIND(TF_NewOpDefinitionBuilder) &&
                     MVREC_FIND(TF_OpDefinitionBuilderAddInput) && MVREC_FIND(TF_OpDefinitionBuilderSetIsStateful) &&
                     MVREC_FIND(TF_RegisterOpDefinition) && MVREC_FIND(TF_NewKernelBuilder) &&
                     MVREC_FIND(TF_RegisterKernelBuilder);
#undef MVREC_FIND
  if (!found) return false;
  Status* status = tensorflow.TF_NewStatus();
  OpBuilder* operation = tensorflow.TF_NewOpDefinitionBuilder(kOperation);
  tensorflow.TF_OpDefinitionBuilderAddInput(operation, "x: float");
  tensorflow.TF_OpDefinitionBuilderSetIsStateful(operation, true);
  tensorflow.TF_RegisterOpDefinition(operation, status);
  bool registered = tensorflow.TF_GetCode(status) == 0;
  if (registered) {
    KernelBuilder* kernel = tensorflow.TF_NewKernelBuilder(kOperation, "CPU", nullptr, See, nullptr);
    tensorflow.TF_RegisterKernelBuilder(kOperation, kernel, status);
    registered = tensorflow.TF_GetCode(status) == 0;
  }
  tensorflow.TF_DeleteStatus(status);
  return registered;
}

}  // namespace

void OpenTensorMemory(Arguments& arguments) {
  arguments.End();
  static const bool registered = Register();
  napi_value result = nullptr;
  napi_get_boolean(arguments.Env(), registered, &result);
  arguments.Return(result);
}

void SeenTensorMemory(Arguments& arguments) {
  arguments.End();
  if (!seen.data) throw std::runtime_error("no tensor was seen");
  auto* memory = new TensorMemory{TensorMemory::kMark, seen};
  seen.data = nullptr;
  const auto finish = [](napi_env, void* data, void*) { delete static_cast<TensorMemory*>(data); };
  napi_value result = nullptr;
  napi_create_external(arguments.Env(), memory, finish, nullptr, &result);
  arguments.Return(result);
}

}  // namespace mvrec
