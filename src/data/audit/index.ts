export { auditData, auditLine } from './audit.js';
export { cardOfSource } from './cardOfSource.js';
export {
  type Audit,
  type AuditedLists,
  type AuditFinding,
  type AuditSettings,
  type ExampleRow,
  type FindingCode,
  findingCodes,
  type ModelUse,
  type Severity,
} from './types.js';
