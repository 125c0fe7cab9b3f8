import { describe, expect, it } from '@jest/globals';
import {
  hasEnded,
  isLoss,
  isPending,
  readAccounts,
  readJob,
  readQueue,
  verdictOf,
} from '../../../src/sweeps/slurm/states.js';

describe('what Slurm says', () => {
  it('of a queue (lines of squeue 22.05)', () => {
    const text = `1_1|COMPLETED|None
1_0|PENDING|JobArrayTaskLimit
1_2|RUNNING|None
13_0|PENDING|BeginTime
14|RUNNING|None
CLUSTER: other
7_10|PENDING|(launch failed requeued held)
`;
    expect([...readQueue(text)]).toEqual([
      [1, { state: 'COMPLETED', reason: null }],
      [0, { state: 'PENDING', reason: 'BeginTime' }],
      [2, { state: 'RUNNING', reason: null }],
      [10, { state: 'PENDING', reason: '(launch failed requeued held)' }],
    ]);
    expect(readQueue('slurm_load_jobs error: Invalid job id specified\n').size).toBe(0);
  });

  // As its manual gives them: this Slurm keeps no accounts.
  it('of accounts', () => {
    const text =
      '12_0|COMPLETED\n12_1|CANCELLED by 1000\n12_2|OUT_OF_MEMORY\n12_[3-5]|PENDING\n12_6.batch|FAILED\n';
    expect([...readAccounts(text)]).toEqual([
      [0, { state: 'COMPLETED', reason: null }],
      [1, { state: 'CANCELLED', reason: null }],
      [2, { state: 'OUT_OF_MEMORY', reason: null }],
    ]);
  });

  it.each([
    ['11\n', { id: '11', cluster: null }],
    ['11;alpha\n', { id: '11', cluster: 'alpha' }],
    ['a word of welcome\n11\n', { id: '11', cluster: null }],
    ['Submitted batch job 11\n', null],
    ['', null],
  ])('of a submission: %j', (text, job) => {
    expect(readJob(text)).toEqual(job);
  });
});

describe('a task without a result', () => {
  const one = (state: string) => ({ state, reason: null });

  it.each(['CANCELLED', 'TIMEOUT', 'PREEMPTED', 'NODE_FAIL', 'DEADLINE'])('waits after %s', (state) => {
    expect(verdictOf(state, 'x').state).toBe('waiting');
    expect([hasEnded(one(state)), isLoss(one(state))]).toEqual([true, false]);
  });

  it('is told what to give it more of', () => {
    expect(verdictOf('TIMEOUT', null).reason).toContain('give it more `time`');
    expect(verdictOf('OUT_OF_MEMORY', 'Killed').reason).toMatch(/give it more `mem`: Killed$/);
  });

  it('has failed where its own process ended, or nothing is known', () => {
    expect(verdictOf('FAILED', 'no space left')).toEqual({
      state: 'failed',
      reason: 'its task ended as FAILED without a result: no space left',
    });
    expect(verdictOf(null, null)).toEqual({
      state: 'failed',
      reason: 'Slurm knows nothing of its task any more; it has no log',
    });
    expect(['FAILED', 'OUT_OF_MEMORY', 'COMPLETED'].map((state) => isLoss(one(state)))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it.each(['PENDING', 'RUNNING', 'CONFIGURING', 'COMPLETING', 'SUSPENDED', 'REQUEUED', 'SPECIAL_EXIT'])(
    'has not ended while it is %s',
    (state) => {
      expect(hasEnded(one(state))).toBe(false);
      expect(isPending(one(state))).toBe(state === 'PENDING');
    },
  );
});
