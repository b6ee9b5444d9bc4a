/** A camera as a stream of grey pictures, for the wallet's request scanner and the counter's reader. */

export interface LumaFrame {
  width: number;
  height: number;
  /** One byte per pixel, row by row. */
  luma: Uint8Array;
}

/** Why there is no picture: there is no camera, or nobody may use it. */
export type CameraTrouble = "camera_missing" | "camera_refused";

export function cameraIsThere(): boolean {
  return typeof navigator !== "undefined" && typeof navigator.mediaDevices?.getUserMedia === "function";
}

/** Opens a camera into a video element. Rejects with a [`CameraTrouble`]. */
export async function openCamera(video: HTMLVideoElement, facing: "user" | "environment"): Promise<MediaStream> {
  if (!cameraIsThere()) throw "camera_missing" satisfies CameraTrouble;
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: facing }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
  } catch (thrown) {
    const refused = thrown instanceof DOMException && thrown.name === "NotAllowedError";
    throw (refused ? "camera_refused" : "camera_missing") satisfies CameraTrouble;
  }
  video.srcObject = stream;
  video.muted = true;
  video.playsInline = true;
  await video.play().catch(() => undefined);
  return stream;
}

export function closeCamera(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Takes the picture of this moment, at most `longest` pixels on its longer side. Nothing while there is no picture yet. */
export function lumaFrame(video: HTMLVideoElement, canvas: HTMLCanvasElement, longest = 960): LumaFrame | undefined {
  if (video.videoWidth === 0 || video.videoHeight === 0) return undefined;
  const scale = Math.min(1, longest / Math.max(video.videoWidth, video.videoHeight));
  const width = Math.round(video.videoWidth * scale);
  const height = Math.round(video.videoHeight * scale);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return undefined;
  context.drawImage(video, 0, 0, width, height);
  return { width, height, luma: lumaOf(context.getImageData(0, 0, width, height).data) };
}

/** Brightness of RGBA pixels by ITU-R BT.601, in whole numbers. */
export function lumaOf(rgba: ArrayLike<number>): Uint8Array {
  const luma = new Uint8Array(rgba.length / 4);
  for (let pixel = 0, at = 0; pixel < luma.length; pixel += 1, at += 4) {
    luma[pixel] = ((rgba[at] ?? 0) * 77 + (rgba[at + 1] ?? 0) * 150 + (rgba[at + 2] ?? 0) * 29) >> 8;
  }
  return luma;
}

/** Base64 in pieces, because a call takes only so many arguments. */
export function base64Of(bytes: Uint8Array): string {
  const PIECE = 0x8000;
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

/** A file of the picture chooser as base64. */
export async function base64OfFile(file: Blob): Promise<string> {
  return base64Of(new Uint8Array(await file.arrayBuffer()));
}
