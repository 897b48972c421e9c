/**
 * The binary frame of the metric routes, little-endian:
 * `u32 H | JSON header of H bytes, padded so that (4 + H) % 8 == 0 | body`.
 * A series' header gives byte offsets into the body: x is f64[n], y is f32[n].
 */

/**
 * @typedef {object} Series
 * @property {string} [run] uid; absent on grouped series
 * @property {string} [group]
 * @property {string} key
 * @property {string} [agg] mean, std, min, max, stderr or n of a group; "mean" of the buckets of a run
 * @property {Float64Array} x
 * @property {Float32Array} y NaN is a gap
 * @property {number} total points stored in the asked range
 * @property {number} level 0 is every point as logged
 */

/** @typedef {{x: string, series: Series[]}} Frame */

/**
 * Decode a frame without copying: x and y are views of `buffer`.
 * @param {ArrayBuffer} buffer
 * @returns {Frame}
 * @throws {RangeError} where the buffer ends before the header says
 */
export function decodeFrame(buffer) {
  const headerBytes = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, headerBytes)));
  if (header.v !== 1) throw new RangeError(`frame version ${header.v} is not known`);
  const body = 4 + headerBytes;
  return {
    x: header.x,
    series: header.series.map((/** @type {any} */ s) => ({
      ...s,
      total: s.total ?? s.n,
      level: s.level ?? 0,
      x: new Float64Array(buffer, body + s.x, s.n),
      y: new Float32Array(buffer, body + s.y, s.n),
    })),
  };
}
