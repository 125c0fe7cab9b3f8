import { ablationSection } from './ablation.js';
import { breakdownSection } from './breakdowns.js';
import { claimSection } from './claims.js';
import { costSection } from './costs.js';
import { curveSection } from './curves.js';
import type { Report, Section } from './document.js';
import type { Material } from './material.js';
import { missingSection, missingText } from './missing.js';
import { depthSection } from './overDepth.js';
import { provenanceSection } from './provenance.js';
import { resultSection } from './resultTable.js';

/** The parts for which there are data. @param more sections of other sources, such as heat maps */
export function reportOf(material: Material, more: readonly Section[] = []): Report {
  const { id, title, subtitle, going } = material;
  const sections = [
    resultSection(material),
    claimSection(material),
    ablationSection(material),
    depthSection(material),
    curveSection(material),
    breakdownSection(material),
    ...more,
    costSection(material),
    missingSection(material),
    provenanceSection(material),
  ].filter((section) => section !== null);
  return { id, title, subtitle, going, notes: notesOf(material), sections };
}

function notesOf({ entries, part, claims, notes }: Material): string[] {
  const known = entries.flatMap(({ provenance }) => provenance ?? []);
  const caveats = new Set(known.flatMap(({ data }) => data.caveat ?? []));
  const leaks = new Set(
    known.flatMap(({ audit }) =>
      (audit?.findings ?? []).flatMap(({ code, severity }) => (severity === 'leak' ? [code] : [])),
    ),
  );
  const data = new Set(known.map(({ data }) => data.fingerprint));
  const ranked = new Set(
    entries.flatMap(({ metrics }) => {
      const first = metrics && Object.keys(metrics)[0];
      return first ? [first.split('/').slice(0, -1).join('/')] : [];
    }),
  );
  const missing = missingText(entries);
  return [
    ...notes,
    ...(entries.length === 0 ? ['There is no run.'] : []),
    ...caveats,
    ...(leaks.size > 0 ? [`The audit found leaks: ${[...leaks].join(', ')}.`] : []),
    ...(data.size > 1 ? ['The rows were computed on different data: their numbers cannot be compared.'] : []),
    ...(ranked.size > 1
      ? ['The rows rank positives among different candidates: their numbers cannot be compared.']
      : []),
    ...(part === 'validation'
      ? ['Test was not measured: these are numbers of validation, which chose the epoch.']
      : []),
    ...(missing ? [missing] : []),
    ...(claims?.results.some(({ control }) => control)
      ? ['A control: the mechanism is switched off, and claimed effects must be absent.']
      : []),
  ];
}
