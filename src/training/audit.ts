import type { Experiment, Settings } from '../config/index.js';
import {
  type Audit,
  type AuditedLists,
  type AuditSettings,
  auditData,
  type CandidateLists,
  type Candidates,
  cardOfSource,
  type PreparedData,
  sampledLists,
} from '../data/index.js';
import { requireFeatures, usesOf, withoutWeights } from '../models/index.js';
import type { AuditRecord } from '../runs/index.js';

/** Positive rows whose drawn candidates are looked at. */
const LISTS = 100;

/**
 * Audits what an experiment does with its data. Builds no model and opens no engine.
 *
 * @throws UserError when the model asks for features that the data do not have, naming all
 */
export async function auditExperiment(
  experiment: Experiment,
  data: PreparedData,
  { dataDir }: Pick<Settings, 'dataDir'>,
  candidates: Candidates,
): Promise<Audit> {
  requireFeatures(experiment.model, data.store);
  const card = await cardOfSource(experiment.data.source, dataDir);
  return auditData(data, { ...settingsOf(experiment), candidates: listsOf(candidates, data), card });
}

function settingsOf({
  data,
  model,
  train,
  evaluate,
}: Experiment): Omit<AuditSettings, 'candidates' | 'card'> {
  const learns = !withoutWeights.has(model.name);
  return {
    label: data.label,
    history: data.history,
    negativeHistory: data.negativeHistory,
    split: data.split.kind,
    countsAll: data.filter === undefined ? [] : ['data.filter'],
    model: usesOf(model),
    drawsNegatives: learns && train.negatives.kind !== 'logged',
    selectOn: learns ? train.selectOn : 'last',
    ranksUnlogged: evaluate.candidates.kind !== 'impressions',
  };
}

/** Lists of a file, and some of those that are drawn for the test; others hold all that they should by their definition. */
function listsOf(candidates: Candidates, data: PreparedData): AuditedLists | null {
  switch (candidates.kind) {
    case 'impressions':
    case 'catalogue':
      return null;
    case 'sampled': {
      const lists = sampledLists(data, 'test', candidates);
      return { ...lists, anchor: lists.anchor.slice(0, LISTS), relevant: lists.relevant.slice(0, LISTS) };
    }
    case 'file':
      return joined(candidates.lists.validation, candidates.lists.test);
  }
}

/** Validation lists choose the epoch, so they are judged as those of the test are. */
function joined(first: CandidateLists, second: CandidateLists): AuditedLists {
  const { length } = first.anchor;
  const both = (column: 'anchor' | 'relevant'): Int32Array => {
    const values = new Int32Array(length + second.anchor.length);
    values.set(first[column]);
    values.set(second[column], length);
    return values;
  };
  return {
    anchor: both('anchor'),
    relevant: both('relevant'),
    candidates: (list) => (list < length ? first.candidates(list) : second.candidates(list - length)),
  };
}

/** What a run keeps of its audit: no identifiers of users. */
export function recordOf({ leaks, warnings, notes, findings }: Audit): AuditRecord {
  return {
    leaks,
    warnings,
    notes,
    findings: findings.map(({ code, severity, count, unit }) => ({ code, severity, count, unit })),
  };
}
