/** The picture of a face as the province takes it, made by the page: the file's own data (place, camera) do not leave it. */

/** As large as a phone sends it. */
const [WIDTH, HEIGHT] = [480, 640];
const QUALITY = 0.85;

/** The largest part of a picture that is 3 wide and 4 high, round its middle. */
export function cropOf(width: number, height: number): { x: number; y: number; width: number; height: number } {
  const wide = Math.min(width, (height * WIDTH) / HEIGHT);
  const high = (wide * HEIGHT) / WIDTH;
  return { x: (width - wide) / 2, y: (height - high) / 2, width: wide, height: high };
}

/** A small JPEG as a `data:` URL, from a picture file in base64 or as a `data:` URL. Rejects what is no picture. */
export async function faceOf(file: string): Promise<string> {
  const url = file.startsWith("data:") ? file : `data:application/octet-stream;base64,${file}`;
  const bytes = Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes]), { imageOrientation: "from-image" });
  const part = cropOf(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  canvas.getContext("2d")?.drawImage(picture, part.x, part.y, part.width, part.height, 0, 0, WIDTH, HEIGHT);
  picture.close();
  return canvas.toDataURL("image/jpeg", QUALITY);
}
