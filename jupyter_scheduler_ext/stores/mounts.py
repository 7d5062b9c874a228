"""Is a folder on a disk of this machine? On network file systems locks and renames promise less."""

from __future__ import annotations

from pathlib import Path

import psutil

_NETWORK = frozenset(
    {"nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "afs", "9p", "ncpfs", "davfs", "webdav"}
    | {"ceph", "glusterfs", "lustre", "gpfs", "beegfs", "orangefs", "gfs2", "ocfs2", "fuse.sshfs", "fuse.glusterfs"}
    | {"fuse.ceph", "fuse.davfs2", "fuse.rclone", "fuse.s3fs", "fuse.goofys", "fuse.gcsfuse", "fuse.juicefs"}
)


def network_filesystem(folder: Path) -> str | None:
    """The type of the network file system that a folder is on, such as ``nfs4``; None if it is local or not known."""
    path = folder.resolve()
    try:
        mounts = {Path(mount.mountpoint): mount.fstype.lower() for mount in psutil.disk_partitions(all=True)}
    except (OSError, psutil.Error):
        return None
    kind = next((mounts[place] for place in (path, *path.parents) if place in mounts), "")
    return kind if kind in _NETWORK else None
