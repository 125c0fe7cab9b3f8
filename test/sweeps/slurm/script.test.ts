import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type SlurmConfig, slurmSchema } from '../../../src/config/index.js';
import { type ScriptRequest, scriptText } from '../../../src/sweeps/slurm/script.js';
import { temporaryFolder } from '../../support/index.js';

const text = (config: Partial<SlurmConfig> = {}, more: Partial<ScriptRequest> = {}): string =>
  scriptText({
    name: 'depth-1',
    folder: '/shared/s/slurm/1',
    tasks: 9,
    atOnce: null,
    config: { ...slurmSchema.parse({}), ...config },
    command: ['/bin/node', '/opt/worker.js'],
    ...more,
  });

describe('the script for sbatch', () => {
  it('asks for an array and little else by default', () => {
    expect(text()).toBe(`#!/bin/sh
#SBATCH --job-name=depth-1
#SBATCH --array=0-8
#SBATCH --output=/shared/s/slurm/1/%a.log
#SBATCH --open-mode=append
#SBATCH --signal=B:USR2@120
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --requeue
exec /bin/node /opt/worker.js /shared/s/slurm/1
`);
  });

  it('asks for what the project says, and throttles', () => {
    const config: SlurmConfig = {
      partition: 'gpu,long',
      time: '1-12:00:00',
      cpus: 4,
      mem: 16000,
      gres: 'gpu:1',
      account: 'lab',
      qos: 'low',
      constraint: 'a100|h100',
      saveSeconds: 300,
      options: ['--exclude=node7', '--comment=a b'],
    };
    const lines = text(config, { atOnce: 2, tasks: 1 }).split('\n').slice(2, -2);
    expect(lines.map((line) => line.replace('#SBATCH ', ''))).toEqual([
      '--array=0-0%2',
      '--output=/shared/s/slurm/1/%a.log',
      '--open-mode=append',
      '--signal=B:USR2@300',
      '--ntasks=1',
      '--cpus-per-task=4',
      '--partition=gpu,long',
      '--time=1-12:00:00',
      '--mem=16000',
      '--gres=gpu:1',
      '--account=lab',
      '--qos=low',
      '--constraint="a100|h100"',
      '--requeue',
      '--exclude=node7',
      '"--comment=a b"',
    ]);
  });

  it('quotes for sbatch and for the shell', () => {
    const folder = `/a b/it's "$HOME" # \`x\``;
    const script = text({}, { folder, command: ['printf', '%s\\n', "o'clock"] });
    expect(script).toContain(`#SBATCH --output="/a b/it's \\"$HOME\\" # \`x\`/%a.log"\n`);
    const file = join(temporaryFolder(), 'job.sh');
    writeFileSync(file, script);
    expect(execFileSync('sh', [file], { encoding: 'utf8' })).toBe(`o'clock\n${folder}\n`);
  });

  it.each(['/a%b', '/a\\b', '/a\nb'])('refuses the folder %j, in which Slurm would see more', (folder) => {
    expect(() => text({}, { folder })).toThrow('Slurm cannot write logs into');
  });
});

describe('the section slurm of the project file', () => {
  it.each([
    { partition: 'gpu\n#SBATCH --wrap=x' },
    { options: ['exclude=node7'] },
    { options: ['--a\nb'] },
    { time: 0 },
    { cpus: 0 },
    { saveSeconds: 70_000 },
    { partitions: 'gpu' },
  ])('may not be %j', (config) => {
    expect(slurmSchema.safeParse(config).success).toBe(false);
  });
});
