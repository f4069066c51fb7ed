namespace Lucid.Evidence.Merkle;

/// <summary>
/// Where the hashes of a tree come from: the hash of the complete subtree of 2^<paramref name="level"/> leaves that begins at leaf
/// <paramref name="index"/> · 2^<paramref name="level"/>. Level 0 is the leaf hashes. Asked only for subtrees that are complete in the
/// tree at hand, and independently of what it answered before.
/// </summary>
/// <param name="level">0 to 63.</param>
/// <param name="index">The number of the subtree within its level, from 0.</param>
public delegate Hash256 MerkleNodes(int level, ulong index);
