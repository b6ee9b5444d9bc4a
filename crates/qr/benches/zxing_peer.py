"""Reads pictures from stdin with zxing-cpp and says what it read: the peer of `cargo xtask bench camera`.

In: width and height as 32-bit little-endian numbers, then one byte per pixel; again and again. Out: a line of JSON for
each picture, the time in microseconds and the texts.
"""

import json
import struct
import sys
import time

import zxingcpp

QR = zxingcpp.BarcodeFormat.QRCode
while head := sys.stdin.buffer.read(8):
    width, height = struct.unpack("<II", head)
    luma = memoryview(sys.stdin.buffer.read(width * height)).cast("B", (height, width))
    began = time.perf_counter()
    found = zxingcpp.read_barcodes(luma, formats=QR)
    spent = time.perf_counter() - began
    print(json.dumps({"us": spent * 1e6, "texts": [code.text for code in found]}), flush=True)
