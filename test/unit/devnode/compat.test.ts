import { expect, it } from 'vitest'
import { DIFFERENCES } from './compat-differences.ts'
import { masked, maskedText, Replay, readRecording } from './recording.ts'
import { runNode } from './running-node.ts'

it('answers the recorded steps as a real node did, except where it is said why not', async () => {
  const running = await runNode()
  const replay = new Replay(running.node.address)
  const unexpected: string[] = []
  for (const step of readRecording()) {
    const got = await replay.play(step)
    const same =
      got.status === step.status &&
      maskedText(got.text) === maskedText(step.answer) &&
      masked(got.task) === masked(step.task)
    if (same && DIFFERENCES.has(step.name))
      unexpected.push(`${step.name}: is the same now, strike it off the list`)
    if (!same && !DIFFERENCES.has(step.name)) {
      unexpected.push(`${step.name}: ${got.status} ${got.text} ${JSON.stringify(got.task)}`)
    }
  }
  await running.node.close()
  expect(unexpected).toEqual([])
})
