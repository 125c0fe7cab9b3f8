import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Settings } from '../../src/config/index.js';
import { inLanes, lastWords, runTask, type TaskSurroundings, threadsFor } from '../../src/sweeps/executor.js';
import type { Task } from '../../src/sweeps/messages.js';
import { projectRoot } from '../support/index.js';

const stub = join(projectRoot, 'test', 'sweeps', 'stub.mjs');
const settings: Settings = { resultsDir: '', dataDir: '', cacheDir: '' };

function act(what: string, more: Partial<TaskSurroundings> = {}) {
  const task = { kind: 'ask', act: what } as unknown as Task;
  const surroundings = { settings, command: [], signal: new AbortController().signal, ...more };
  return runTask(task, surroundings, stub);
}

it('an error that nobody caught is told by its own line', () => {
  const trailer = '    at node:internal/main:28:49 {\n  code: 1\n}\n\nNode.js v20.19.0\n';
  expect(lastWords(`file:///x.js:1\nthrow it\n\nTypeError: it is not there\n${trailer}`)).toBe(
    'TypeError: it is not there',
  );
  expect(lastWords(`node:internal:1\nError: Cannot find module '/x'\n${trailer}`)).toBe(
    "Error: Cannot find module '/x'",
  );
  expect(lastWords('one\nout of paper\n')).toBe('out of paper');
  expect(lastWords('\n')).toBeNull();
});

describe('a task in a process of its own', () => {
  it('that crashes says its code and last words', async () => {
    expect(await act('crash')).toEqual({
      kind: 'failed',
      problem: 'its process ended with code 7: out of paper',
      blameless: false,
    });
  });

  it('that is killed says by what', async () => {
    expect(await act('kill')).toEqual({
      kind: 'failed',
      problem: 'its process was ended by SIGKILL',
      blameless: true,
    });
  });

  it('that is killed while it is stopped was interrupted', async () => {
    const stop = new AbortController();
    const onNote = () => stop.abort();
    expect(await act('load', { signal: stop.signal, onNote })).toEqual({ kind: 'interrupted' });
  });

  it('that asks after an epoch is answered', async () => {
    const notes: string[] = [];
    const asked: unknown[] = [];
    const end = await act('ask', {
      onNote: (text) => notes.push(text),
      onEpoch: async (...args) => {
        asked.push(args);
        return true;
      },
    });
    expect({ end, notes, asked }).toEqual({
      end: { kind: 'done' },
      notes: ['verdict true'],
      asked: [[2, { auc: 0.5 }]],
    });
  });

  it('that asks nobody goes on', async () => {
    const notes: string[] = [];
    await act('ask', { onNote: (text) => notes.push(text) });
    expect(notes).toEqual(['verdict false']);
  });

  it('counts', async () => {
    const counts: unknown[] = [];
    await act('count', { onCount: ({ done, rows }) => counts.push([done, rows]) });
    expect(counts).toEqual([[1, 2]]);
  });

  it('answers, and sees the variables that it is given', async () => {
    const answers: unknown[] = [];
    const onAnswer: TaskSurroundings['onAnswer'] = (...answer) => answers.push(answer);
    await act('answer', { onAnswer, env: { MVREC_TEST_LANE: '3' } });
    expect(answers).toEqual([[1, { value: '3' }]]);
  });

  it('passes on what the answer throws', async () => {
    const onEpoch = async (): Promise<boolean> => {
      throw new Error('no answer');
    };
    await expect(act('ask', { onEpoch })).rejects.toThrow('no answer');
  });

  it('stops when it is told to, also before it begins', async () => {
    const stop = new AbortController();
    const end = act('wait', { signal: stop.signal, onNote: () => stop.abort() });
    expect(await end).toMatchObject({ kind: 'interrupted' });
    expect(await act('wait', { signal: stop.signal })).toMatchObject({ kind: 'interrupted' });
  });
});

describe('a process that can do another task', () => {
  /** Does a run with that engine and tells which process did it. */
  async function pidOf(engine: string, env: Readonly<Record<string, string>> = {}): Promise<number> {
    const task = { kind: 'run', act: 'again', experiment: { engine: { name: engine } } } as unknown as Task;
    const notes: string[] = [];
    const { signal } = new AbortController();
    const surroundings = { settings, command: [], signal, env, onNote: (text: string) => notes.push(text) };
    expect(await runTask(task, surroundings, stub)).toEqual({ kind: 'done' });
    return Number(notes[0]);
  }

  const isThere = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const gone = async (pid: number): Promise<void> => {
    for (let waited = 0; isThere(pid) && waited < 20_000; waited += 50) await sleep(50);
    expect(isThere(pid)).toBe(false);
  };

  it('does the next run with the same engine and variables, and no other', async () => {
    const first = await pidOf('cpu');
    expect(await pidOf('cpu')).toBe(first);
    const others = await Promise.all([pidOf('wasm'), pidOf('cpu', { MVREC_TEST_LANE: '1' })]);
    expect(new Set([first, ...others]).size).toBe(3);
  });

  it('does one run at a time', async () => {
    const both = await Promise.all([pidOf('cpu'), pidOf('cpu')]);
    expect(new Set(both).size).toBe(2);
  });

  it('ends when nobody wants it', async () => {
    await gone(await pidOf('cpu'));
  });

  it('is not asked once it has died', async () => {
    const first = await pidOf('cpu');
    process.kill(first, 'SIGKILL');
    await gone(first);
    expect(await pidOf('cpu')).not.toBe(first);
  });
});

it('shares the cores among jobs', () => {
  expect([threadsFor(1, 8), threadsFor(3, 8), threadsFor(8, 8), threadsFor(20, 8)]).toEqual([8, 2, 1, 1]);
});

describe('lanes', () => {
  const pause = () => sleep(5);

  it('do all the work, so much at a time', async () => {
    let [begun, atOnce, most] = [0, 0, 0];
    const lanes = new Set<number>();
    await inLanes(3, new AbortController().signal, (lane) => {
      lanes.add(lane);
      if (begun === 10) return null;
      begun++;
      return async () => {
        most = Math.max(most, ++atOnce);
        await pause();
        atOnce--;
      };
    });
    expect({ begun, atOnce, most }).toEqual({ begun: 10, atOnce: 0, most: 3 });
    expect([...lanes]).toEqual([0, 1, 2]);
  });

  it('begin nothing after the signal', async () => {
    const stop = new AbortController();
    let begun = 0;
    await inLanes(2, stop.signal, () => async () => {
      if (++begun === 4) stop.abort();
      await pause();
    });
    expect(begun).toBe(4);
  });

  it('stop one another when one fails, and pass on why', async () => {
    let begun = 0;
    let toldToStop = false;
    const work = inLanes(2, new AbortController().signal, () => {
      const first = begun++ === 0;
      return async (signal) => {
        if (first) {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          toldToStop = true;
        } else throw new Error('disk full');
      };
    });
    await expect(work).rejects.toThrow('disk full');
    expect({ begun, toldToStop }).toEqual({ begun: 2, toldToStop: true });
  });
});
