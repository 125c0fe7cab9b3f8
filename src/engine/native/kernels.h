// The kernels of this addon: a function and its file each. `kernels.cc` gives them to JavaScript, and the interface
// `NativeFunctions` in ../nativeFunctions.ts says what each computes.
#ifndef MVREC_KERNELS_H_
#define MVREC_KERNELS_H_

#include "arguments.h"

namespace mvrec {

void AccumulateRows(Arguments& arguments);
void ActivationUnit(Arguments& arguments);
void AdamDense(Arguments& arguments);
void AdamRows(Arguments& arguments);
void AdditivePoolBackward(Arguments& arguments);
void AdditivePoolForward(Arguments& arguments);
void AddRows(Arguments& arguments);
void AlsRows(Arguments& arguments);
void AlsSteps(Arguments& arguments);
void AttendFields(Arguments& arguments);
void AttendSlots(Arguments& arguments);
void BatchNormBackward(Arguments& arguments);
void BatchNormForward(Arguments& arguments);
void BinaryOperation(Arguments& arguments);
void BprSgd(Arguments& arguments);
void CausalAttention(Arguments& arguments);
void CopyElements(Arguments& arguments);
void DiceForward(Arguments& arguments);
void GramMatrix(Arguments& arguments);
void GroupedMlpBackward(Arguments& arguments);
void GroupedMlpForward(Arguments& arguments);
void LayerNormBackward(Arguments& arguments);
void LayerNormForward(Arguments& arguments);
void LogNeurons(Arguments& arguments);
void MatMul(Arguments& arguments);
void MeanOfLists(Arguments& arguments);
void MeanOfListsBackward(Arguments& arguments);
void NcfBackward(Arguments& arguments);
void NcfForward(Arguments& arguments);
void OpenTensorMemory(Arguments& arguments);
void PairHead(Arguments& arguments);
void ProjectRows(Arguments& arguments);
void ProjectRowsBackward(Arguments& arguments);
void RankTargets(Arguments& arguments);
void RecurrentBackward(Arguments& arguments);
void RecurrentForward(Arguments& arguments);
void Reduce(Arguments& arguments);
void Scale(Arguments& arguments);
void SeenTensorMemory(Arguments& arguments);
void Softmax(Arguments& arguments);
void SoftmaxPoolBackward(Arguments& arguments);
void SoftmaxPoolForward(Arguments& arguments);
void SparseProduct(Arguments& arguments);
void SumOfSquares(Arguments& arguments);
void TakeRows(Arguments& arguments);
void TopItems(Arguments& arguments);
void UnaryOperation(Arguments& arguments);
void UseLargePages(Arguments& arguments);

}  // namespace mvrec

#endif  // MVREC_KERNELS_H_
