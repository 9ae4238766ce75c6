/** What the probe loads only when it is asked to. */
export const lazyWord = "loaded";
