#!/bin/sh
# Puts the disk together, after image/genimage.cfg: the boot partition, the system in both slots, empty data.
set -eu

images=$1
here=$(cd "$(dirname "$0")" && pwd)
image=$(cd "$here/../../../image" && pwd)
work=$BUILD_DIR/caselli-disk
epoch=${SOURCE_DATE_EPOCH:-0}
rm -rf "$work"
mkdir -p "$work/input" "$work/root" "$work/esp/EFI/BOOT" "$work/esp/grub"

# The boot partition: GRUB for UEFI, its scripts, an environment (twice) in which every variable has its default.
found=
for loader in bootx64 bootaa64; do
  if [ -e "$images/efi-part/EFI/BOOT/$loader.efi" ]; then
    cp "$images/efi-part/EFI/BOOT/$loader.efi" "$work/esp/EFI/BOOT/$(echo "$loader" | tr '[:lower:]' '[:upper:]').EFI"
    found=yes
  fi
done
[ -n "$found" ] || { echo "GRUB for UEFI is missing in $images" >&2; exit 1; }
cp "$image/grub/grub.cfg" "$images/board.cfg" "$work/esp/grub/"
{
  echo '# GRUB Environment Block'
  head -c 999 /dev/zero | tr '\0' '#'
} >"$work/esp/grub/grubenv"
cp "$work/esp/grub/grubenv" "$work/esp/grub/grubenv.spare"
find "$work/esp" -exec touch -d "@$epoch" {} +
truncate -s 48M "$work/input/esp.img"
mkfs.vfat --invariant -i ca5e1118 -n CASELLI -F 32 -s 1 "$work/input/esp.img"
MTOOLS_SKIP_CHECK=1 TZ=UTC mcopy -i "$work/input/esp.img" -s -o -m "$work/esp/EFI" "$work/esp/grub" ::/

# The start by BIOS. What grub-install would write into the two files, each other's sectors, is patched in: core.img
# begins at 1 MiB. A machine without BIOS has empty ones, so that the partitions have the same numbers everywhere.
number() {
  # shellcheck disable=SC2059 # the octets are the format
  printf "$2" | dd of="$1" bs=1 seek="$3" conv=notrunc status=none
}
if [ -e "$images/grub.img" ]; then
  cp "$BUILD_DIR"/grub2-*/build-i386-pc/grub-core/boot.img "$work/boot.img"
  cp "$images/grub.img" "$work/input/core.img"
  number "$work/boot.img" '\000\010\000\000\000\000\000\000' 92
  number "$work/input/core.img" '\001\010\000\000\000\000\000\000' 500
  head -c 440 "$work/boot.img" >"$work/input/boot.img"
else
  truncate -s 440 "$work/input/boot.img"
  truncate -s 512 "$work/input/core.img"
fi

# The data: its journal and inode tables suit the size that the disk will have.
uuid=ca5e1110-0000-4000-8000-64617461ca5e
truncate -s 64M "$work/input/data.img"
E2FSPROGS_FAKE_TIME=$epoch mke2fs -q -F -t ext4 -L data -m 1 -U "$uuid" -J size=16 -i 16384 \
  -E "hash_seed=$uuid,lazy_itable_init=0,lazy_journal_init=0,root_owner=900:900,resize=1073741824" "$work/input/data.img"

cp "$images/rootfs.squashfs" "$work/input/slot.squashfs"
genimage --config "$image/genimage.cfg" --rootpath "$work/root" --tmppath "$work/tmp" \
  --inputpath "$work/input" --outputpath "$work/output"
mv "$work/output/disk.img" "$images/caselli.img"
