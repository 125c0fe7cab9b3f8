import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeIf, projectRoot } from '../support/index.js';

const read = (file: string): string => readFileSync(join(projectRoot, file), 'utf8');

interface Manifest {
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly [kind: `${string}ependencies`]: Readonly<Record<string, string>> | undefined;
}
const manifest = JSON.parse(read('package.json')) as Manifest;

describe('the package', () => {
  it('has what it promises', () => {
    const promised = [
      ...Object.values(manifest.exports).flatMap((entry) => Object.values(entry)),
      manifest.bin.mvrec!,
    ];
    for (const file of promised)
      expect({ file, exists: existsSync(join(projectRoot, file)) }).toMatchObject({ exists: true });
  });

  it('packs what users need and nothing else', () => {
    const report = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    });
    const [{ files, unpackedSize }] = JSON.parse(report) as [
      { files: { path: string }[]; unpackedSize: number },
    ];
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
        'bin/mvrec.js',
        'dist/index.js',
        'dist/index.d.ts',
        'experiments/quickstart.yaml',
        'schema/experiment.json',
      ]),
    );
    const folders = [
      ...new Set(paths.filter((path) => path.includes('/')).map((path) => path.split('/')[0])),
    ];
    expect(folders.sort()).toEqual(['bin', 'datasets', 'dist', 'docs', 'experiments', 'schema', 'src']);
    // Of the sources only what `engine install` compiles.
    expect(
      paths.filter(
        (path) => path.startsWith('src/') && !/^src\/engine\/native\/(addon\/)?\w+\.(cc|h)$/.test(path),
      ),
    ).toEqual([]);
    expect(unpackedSize).toBeLessThan(5_000_000);
  });

  it('explains each dependency', () => {
    const named = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
    const kinds = ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies'] as const;
    const used = new Set(kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})));
    expect(named.sort()).toEqual([...used].sort());
  });
});

it('locks versions without download addresses', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { resolved?: string }>;
  };
  expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});

describeIf(existsSync(join(projectRoot, '.git')), 'this is no git clone')('tracked files', () => {
  const tracked = (): string[] =>
    execFileSync('git', ['ls-files', '-z'], { cwd: projectRoot, encoding: 'utf8' })
      .split('\0')
      .filter((file) => file !== '' && existsSync(join(projectRoot, file)));

  it('name no folders of one machine and no package registries', () => {
    // Each pattern is written so that it does not match itself.
    const foreign =
      /(?<![\w.~-])\/(?:wor[k]|roo[t]|hom[e]|tm[p]|User[s])\/|npmj[s]\.|pyp[i]\.org|pythonhoste[d]|deb\.debia[n]/;
    const found = tracked().flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, i) => (foreign.test(line) ? [`${file}:${i + 1}: ${line.trim().slice(0, 100)}`] : [])),
    );
    expect(found).toEqual([]);
  });

  it('link to files that exist', () => {
    const broken = tracked()
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        [...read(file).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
          .map(([, target]) => target!)
          .filter((target) => !existsSync(join(projectRoot, dirname(file), target)))
          .map((target) => `${file}: ${target}`),
      );
    expect(broken).toEqual([]);
  });
});
