// Kernels of our own for the engine tensorflow on a CPU: what TensorFlow has no operation for, or one that is slower or dearer to call. Each
// has a twin in TypeScript, which runs everywhere else and which the tests compare it with; a kernel is here because
// it was measured to be faster. They know nothing of TensorFlow: they work in place on the typed arrays that they are
// given, on as many threads as the engine, each on a fixed part, so that results depend on nothing but the number of
// threads and the processor's instruction set.
//
// To add one: a file beside this one with `void Name(Arguments&)`, its declaration in kernels.h, a line here, and its
// signature in ../nativeFunctions.ts. `mvrec engine install` compiles every .cc file of this folder.
#include "kernels.h"

#include <exception>

namespace {

using mvrec::Arguments;

struct Kernel {
  const char* name;
  void (*run)(Arguments&);
};

const Kernel kernels[] = {
    {"accumulateRows", mvrec::AccumulateRows},
    {"activationUnit", mvrec::ActivationUnit},
    {"adamDense", mvrec::AdamDense},
    {"adamRows", mvrec::AdamRows},
    {"additivePoolBackward", mvrec::AdditivePoolBackward},
    {"additivePoolForward", mvrec::AdditivePoolForward},
    {"addRows", mvrec::AddRows},
    {"alsRows", mvrec::AlsRows},
    {"alsSteps", mvrec::AlsSteps},
    {"attendFields", mvrec::AttendFields},
    {"attendSlots", mvrec::AttendSlots},
    {"batchNormBackward", mvrec::BatchNormBackward},
    {"batchNormForward", mvrec::BatchNormForward},
    {"binaryOperation", mvrec::BinaryOperation},
    {"bprSgd", mvrec::BprSgd},
    {"causalAttention", mvrec::CausalAttention},
    {"copyElements", mvrec::CopyElements},
    {"diceForward", mvrec::DiceForward},
    {"gramMatrix", mvrec::GramMatrix},
    {"groupedMlpBackward", mvrec::GroupedMlpBackward},
    {"groupedMlpForward", mvrec::GroupedMlpForward},
    {"layerNormBackward", mvrec::LayerNormBackward},
    {"layerNormForward", mvrec::LayerNormForward},
    {"logNeurons", mvrec::LogNeurons},
    {"matMul", mvrec::MatMul},
    {"meanOfLists", mvrec::MeanOfLists},
    {"meanOfListsBackward", mvrec::MeanOfListsBackward},
    {"ncfBackward", mvrec::NcfBackward},
    {"ncfForward", mvrec::NcfForward},
    {"openTensorMemory", mvrec::OpenTensorMemory},
    {"pairHead", mvrec::PairHead},
    {"projectRows", mvrec::ProjectRows},
    {"projectRowsBackward", mvrec::ProjectRowsBackward},
    {"rankTargets", mvrec::RankTargets},
    {"recurrentBackward", mvrec::RecurrentBackward},
    {"recurrentForward", mvrec::RecurrentForward},
    {"reduce", mvrec::Reduce},
    {"scale", mvrec::Scale},
    {"seenTensorMemory", mvrec::SeenTensorMemory},
    {"softmax", mvrec::Softmax},
    {"softmaxPoolBackward", mvrec::SoftmaxPoolBackward},
    {"softmaxPoolForward", mvrec::SoftmaxPoolForward},
    {"sparseProduct", mvrec::SparseProduct},
    {"sumOfSquares", mvrec::SumOfSquares},
    {"takeRows", mvrec::TakeRows},
    {"topItems", mvrec::TopItems},
    {"unaryOperation", mvrec::UnaryOperation},
    {"useLargePages", mvrec::UseLargePages},
};

napi_value Run(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  const Kernel& kernel = *static_cast<const Kernel*>(data);
  try {
    Arguments arguments(env, info, kernel.name);
    kernel.run(arguments);
    return arguments.Result();
  } catch (const std::exception& error) {
    napi_throw_range_error(env, nullptr, error.what());
  }
  return nullptr;
}

napi_value Init(napi_env env, napi_value exports) {
  for (const Kernel& kernel : kernels) {
    napi_value function = nullptr;
    napi_create_function(env, kernel.name, NAPI_AUTO_LENGTH, Run, const_cast<Kernel*>(&kernel), &function);
    napi_set_named_property(env, exports, kernel.name, function);
  }
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
