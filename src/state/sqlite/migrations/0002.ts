/** Which API key each node's present incarnation was given (M8). */
export const sql = `
CREATE TABLE identities (node TEXT PRIMARY KEY, key_uid TEXT NOT NULL) STRICT, WITHOUT ROWID;
`
