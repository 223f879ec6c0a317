/** JSON is one object or an array of objects; NDJSON is a stream of JSON objects, newlines not needed. */
export type DocumentFormat = 'json' | 'ndjson'
