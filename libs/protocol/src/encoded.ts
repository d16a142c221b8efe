/** An encoded value: opaque to everything between the process that encoded it and the one that decodes it. */
export type Encoded = Uint8Array;
