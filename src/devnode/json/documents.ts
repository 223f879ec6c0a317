import { JsonFault, JsonScanner } from './scan.ts'

/**
 * Raised for text that is JSON but holds something else than documents; the node answers it as its own fault.
 */
export class NotADocument extends Error {
  override readonly name = 'NotADocument'
}

/** Finds the raw text of every document in a payload; throws `JsonFault` or `NotADocument`. */
export function splitDocuments(text: string, format: 'json' | 'ndjson'): string[] {
  const scanner = new JsonScanner(text)
  const documents: string[] = []
  if (format === 'ndjson') {
    while (!Number.isNaN(scanner.peek())) documents.push(takeDocument(scanner))
    return documents
  }
  const first = scanner.peek()
  if (first === 91) {
    scanner.eachElement(() => {
      documents.push(takeDocument(scanner))
    })
    return documents
  }
  const document = takeDocument(scanner, true)
  if (!Number.isNaN(scanner.peek())) throw scanner.fault('trailing characters')
  documents.push(document)
  return documents
}

function takeDocument(scanner: JsonScanner, alone = false): string {
  const code = scanner.peek()
  const start = scanner.at
  scanner.skipValue()
  if (code !== 123) {
    if (alone) throw new NotADocument('data are neither an object nor a list of objects')
    throw new JsonFault(`invalid type: ${describe(code)}, expected a map`, scanner.source, start)
  }
  return scanner.source.slice(start, scanner.at)
}

function describe(code: number): string {
  if (code === 91) return 'sequence'
  if (code === 34) return 'string'
  if (code === 110) return 'null'
  if (code === 116 || code === 102) return 'boolean'
  return 'number'
}
