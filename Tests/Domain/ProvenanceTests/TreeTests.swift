// SPDX-License-Identifier: Apache-2.0

import Provenance
import Testing

/// Against the published vectors, and against a tree that is made by the definition alone.
@Suite struct TreeTests {
    @Test func `roots are the published ones`() {
        var tree = CompactRange()
        #expect(tree.root == PublishedTree.hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        for (leaf, root) in zip(PublishedTree.leaves, PublishedTree.roots) {
            tree.append(.leaf(leaf))
            #expect(tree.root == root)
        }
    }

    @Test(arguments: PublishedTree.inclusions)
    func `inclusion proofs are the published ones`(vector: PublishedTree.Inclusion) {
        let path = PublishedTree.prover(size: vector.size).inclusion(of: vector.index)
        #expect(path == vector.path)
        let leaf = TreeHash.leaf(PublishedTree.leaves[Int(vector.index)])
        let root = PublishedTree.roots[Int(vector.size) - 1]
        #expect(leaf.root(at: vector.index, of: vector.size, path: vector.path) == root)
    }

    @Test(arguments: PublishedTree.consistencies)
    func `consistency proofs are the published ones`(vector: PublishedTree.Consistency) {
        let proof = PublishedTree.prover(size: vector.newer).consistency(with: vector.older)
        #expect(proof == vector.proof)
        let roots = PublishedTree.roots
        #expect(
            roots[Int(vector.newer) - 1].extends(
                roots[Int(vector.older) - 1],
                olderSize: vector.older,
                newerSize: vector.newer,
                proof: vector.proof
            )
        )
    }

    @Test(arguments: 1...70) func `every leaf of a tree is proven, and nothing else`(size: UInt64) {
        let tree = NaiveTree(size: size)
        let prover = TreeProver(size: size) { tree.hash(of: $0) }
        #expect(prover.root() == tree.root())
        for index in 0..<size {
            let path = prover.inclusion(of: index)
            let leaf = tree.leaves[Int(index)]
            #expect(leaf.root(at: index, of: size, path: path) == tree.root())
            #expect(tree.other.root(at: index, of: size, path: path) != tree.root())
            #expect(leaf.root(at: size, of: size, path: path) == nil)
            #expect(leaf.root(at: index, of: size, path: path + [leaf]) == nil)
            if !path.isEmpty { #expect(leaf.root(at: index, of: size, path: path.dropLast()) != tree.root()) }
            if let first = path.first, first != leaf {
                #expect(leaf.root(at: index ^ 1, of: size, path: path) != tree.root())
            }
        }
    }

    @Test(arguments: 1...40) func `a tree extends each of its beginnings, and no other`(size: UInt64) {
        let tree = NaiveTree(size: size)
        let prover = TreeProver(size: size) { tree.hash(of: $0) }
        for older in 1...size {
            let proof = prover.consistency(with: older)
            let olderRoot = tree.root(0, older)
            func extends(_ root: TreeHash, _ olderRoot: TreeHash, _ older: UInt64, _ proof: [TreeHash]) -> Bool {
                root.extends(olderRoot, olderSize: older, newerSize: size, proof: proof)
            }
            #expect(extends(tree.root(), olderRoot, older, proof))
            #expect(!extends(tree.root(), tree.other, older, proof))
            #expect(!extends(tree.other, olderRoot, older, proof))
            #expect(!extends(tree.root(), olderRoot, older, proof + [tree.other]))
            #expect(!extends(tree.root(), olderRoot, 0, proof))
            for index in proof.indices {
                var changed = proof
                changed[index] = tree.other
                #expect(!extends(tree.root(), olderRoot, older, changed))
            }
        }
    }

    @Test func `a tree goes on where it has stopped, also by whole subtrees`() throws {
        let tree = NaiveTree(size: 100)
        for size in 0...UInt64(100) {
            var range = CompactRange()
            for index in 0..<size { range.append(tree.leaves[Int(index)]) }
            var resumed = try #require(CompactRange(size: range.size, subtrees: range.subtrees))
            for index in size..<100 { resumed.append(tree.leaves[Int(index)]) }
            #expect(resumed.root == tree.root())
            #expect(CompactRange(size: size, subtrees: range.subtrees + [tree.other]) == nil)
        }
        var chunks = CompactRange()
        for index in 0..<UInt64(12) { chunks.append(tree.hash(of: Subtree(level: 3, index: index)), level: 3) }
        #expect(chunks.size == 96)
        #expect(chunks.root == tree.root(0, 96))
    }
}
