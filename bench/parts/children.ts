import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/* Programs that run beside a bench, each in a process of its own, and end with it. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const ANSWER_MS_MAX = 90_000
const END_MS_MAX = 10_000

/** `options` are Node's own. */
export function forked(program: URL, args: readonly string[], options: readonly string[] = []): ChildProcess {
  return fork(fileURLToPath(program), [...args], {
    cwd: ROOT,
    execArgv: ['--import', 'tsx', ...options],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

/** Sends a message and waits for the answer. */
export function ask<Answer>(child: ChildProcess | null, message: object | string): Promise<Answer> {
  if (child === null) throw new Error('the bench was not started')
  const answer = nextMessage<Answer>(child)
  child.send(message)
  return answer
}

export function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(late)
      child.off('message', onMessage).off('exit', onExit)
      act()
    }
    const onMessage = (message: unknown): void => settle(() => resolve(message as Message))
    const onExit = (code: number | null): void =>
      settle(() => reject(new Error(`${child.spawnargs.at(-1)} ended with ${code}`)))
    const late = setTimeout(() => settle(() => reject(new Error('no answer in time'))), ANSWER_MS_MAX)
    child.on('message', onMessage).on('exit', onExit)
  })
}

/** Asks a child to end with that message, or cuts its channel; kills it when it takes too long. */
export async function ended(child: ChildProcess | null, message: string | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  const late = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX)
  if (message !== null && child.connected) child.send(message)
  else if (child.connected) child.disconnect()
  await exit
  clearTimeout(late)
}
