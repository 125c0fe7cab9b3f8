import type { AuditRecord } from '../runs/index.js';
import { left, plain, type Section } from './document.js';
import type { Entry, Material } from './material.js';
import { counted } from './numbers.js';

/** Where the numbers come from: a line a fact, with the rows that differ. */
export function provenanceSection({ labels, entries }: Material): Section | null {
  const known = entries.filter(({ provenance }) => provenance !== null);
  if (known.length === 0) return null;
  const facts: readonly (readonly [string, (entry: Entry) => string | null])[] = [
    ['data set', ({ provenance: p }) => `${p!.data.name}, fingerprint ${p!.data.fingerprint}`],
    ['caveat', ({ provenance: p }) => p!.data.caveat],
    ['protocol', ({ protocol }) => protocol],
    ['candidates', ({ provenance: p }) => (p!.candidates ? `file with SHA-256 ${p!.candidates}` : null)],
    ['audit', ({ provenance: p }) => (p!.audit ? auditText(p!.audit) : 'not audited')],
    [
      'versions',
      ({ provenance: p }) =>
        `mvrec ${p!.versions.mvrec}, node ${p!.versions.node}, ${p!.versions.engine}, ${p!.platform}`,
    ],
    ['git', ({ provenance: p }) => p!.git && `${p!.git.commit}${p!.git.dirty ? ' with changes' : ''}`],
  ];
  const rows = facts.flatMap(([name, of]) => {
    const groups = new Map<string, string[]>();
    for (const entry of known) {
      const value = of(entry);
      if (value !== null) groups.set(value, [...(groups.get(value) ?? []), entry.label]);
    }
    const several = groups.size > 1;
    return [...groups].map(([value, own]) => {
      const who = labels.filter((label) => own.includes(label));
      return [
        plain(name),
        plain(several && who.length < labels.length ? `${value} (${who.join(', ')})` : value),
      ];
    });
  });
  const seeds = [...new Set(known.map(({ seed }) => seed))].sort((a, b) => a - b);
  const runs = known.map(({ label, seed, run }) => [plain(label), plain(String(seed)), plain(run ?? '-')]);
  return {
    id: 'provenance',
    title: 'Provenance',
    text: [],
    tables: [
      {
        caption: 'Where the numbers come from',
        columns: [left('what'), left('value')],
        rows: [...rows, [plain('seeds'), plain(seeds.join(', '))]],
        legend: [],
      },
      { caption: 'Runs', columns: [left('row'), left('seed'), left('run')], rows: runs, legend: [] },
    ],
    charts: [],
  };
}

export function auditText({ leaks, warnings, notes, findings }: AuditRecord): string {
  const listed = findings.map(({ code, severity, count, unit }) => `${severity} ${code}, ${count} ${unit}`);
  const counts = [counted(leaks, 'leak'), counted(warnings, 'warning'), counted(notes, 'note')].join(', ');
  return listed.length > 0 ? `${counts}: ${listed.join('; ')}` : counts;
}
