/** Encodings of bodies that nodes undo, one at a time; others they ignore, and so do we. */
export type Encoding = 'gzip' | 'br' | 'deflate'

/** Why a body cannot be read. `grows`: out of proportion to what was sent. */
export type BodyFault = 'incomplete' | 'too-large' | 'grows' | 'no-memory'
