import ts from 'typescript'
import { lineOf, parse, type Source, walk } from './source.ts'

interface Effect {
  readonly name: string
  readonly allowed: RegExp
  readonly instead: string
}

const TIME: Omit<Effect, 'name'> = {
  allowed: /^src\/(std\/clock\.ts|devnode\/|cli\/)/,
  instead: 'take a Clock (src/std/clock.ts), so that tests and the simulator can move time',
}
const CHANCE: Omit<Effect, 'name'> = {
  allowed: /^src\/(std\/random\.ts|devnode\/)/,
  instead: 'take a Random (src/std/random.ts), so that runs can be repeated',
}
const WIRE: Omit<Effect, 'name'> = {
  allowed: /^src\/(nodes|http|devnode)\//,
  instead: 'go through the rooms nodes or http',
}

const EFFECTS: readonly Effect[] = [
  ...['Date.now', 'new Date()', 'performance.now', 'setTimeout', 'setInterval', 'process.hrtime'].map(
    (name) => ({
      name,
      ...TIME,
    }),
  ),
  { name: 'Math.random', ...CHANCE },
  { name: 'fetch', ...WIRE, allowed: /^src\/(demo\.ts|cli\/|devnode\/)/ },
  ...['net', 'tls', 'dgram', 'http', 'https', 'http2'].map((name) => ({ name: `node:${name}`, ...WIRE })),
  ...['timers', 'timers/promises'].map((name) => ({
    name: `node:${name}`,
    ...TIME,
    allowed: /^src\/(main\.ts|devnode\/|cli\/)/,
  })),
]

/** Time, chance and the wire are injected: their globals may be touched in their own rooms only. */
export function strayEffects(files: readonly Source[]): string[] {
  return files.flatMap((file) => {
    const found: string[] = []
    walk(parse(file), (node) => {
      const name = effectName(node)
      const effect = EFFECTS.find((candidate) => candidate.name === name)
      if (effect === undefined || effect.allowed.test(file.path)) return
      found.push(`${file.path}:${lineOf(node)}: ${effect.name} is used outside its room; ${effect.instead}`)
    })
    return found
  })
}

function effectName(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression))
    return `${node.expression.text}.${node.name.text}`.replace(/^globalThis\./, '')
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date')
    return (node.arguments?.length ?? 0) === 0 ? 'new Date()' : null
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier) && !isTypeImport(node)) {
    const name = node.moduleSpecifier.text
    return name.startsWith('node:') ? name : `node:${name}`
  }
  return ts.isIdentifier(node) && isFreeName(node) ? node.text : null
}

function isTypeImport({ importClause }: ts.ImportDeclaration): boolean {
  return importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
}

/** An identifier that stands for a global: not a member, a declaration, a key or a parameter. */
function isFreeName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isCallExpression(parent)) return true
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  return ts.isVariableDeclaration(parent) ? parent.initializer === node : false
}
