"""What the checks of static programs read from the program itself."""

import struct

from handshake import Wrong, expect


def static(binary):
    """Neither a dynamic loader nor a shared library is asked for."""
    image = binary.read_bytes()
    expect(image[:6] == b"\x7fELF\x02\x01", f"{binary} is no 64-bit ELF program")
    (table,) = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    for number in range(count):
        header = struct.unpack_from("<IIQQQQQQ", image, table + number * size)
        kind, offset, length = header[0], header[2], header[5]
        if kind == 3:
            raise Wrong(f"{binary} asks for the loader {image[offset : offset + length - 1].decode()}")
        if kind == 2:
            needed = [tag for tag, _ in struct.iter_unpack("<qQ", image[offset : offset + length]) if tag == 1]
            expect(not needed, f"{binary} asks for {len(needed)} shared libraries")
