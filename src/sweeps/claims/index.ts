export { checkClaims, type PlanToCheck } from './check.js';
export { evaluateClaims } from './evaluate.js';
export { goTogether } from './slices.js';
export type {
  Cell,
  ClaimPlan,
  ClaimResult,
  ClaimSetting,
  Evidence,
  OverallVerdict,
  Part,
  TwoSides,
  Verdict,
} from './types.js';
export { evidenceText, overallVerdict, partText, pText, verdictText } from './words.js';
