"""A Ray cluster of several nodes on this machine, in a process of its own: ``python -m tests.support.ray_nodes``.

It writes the cluster's address, then obeys lines: ``add`` writes a new node's id, ``lose ID`` kills a node and all that
runs there, the way a machine goes whose plug is pulled. It ends with its standard input.
"""

import sys

import psutil
from ray.cluster_utils import Cluster

SMALL = {"object_store_memory": 80_000_000}


def answer(*words):
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def main():
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **SMALL})
    nodes = {}
    answer("cluster", cluster.address)
    for line in sys.stdin:
        order, *rest = line.split()
        if order == "add":
            node = cluster.add_node(num_cpus=1, **SMALL)
            nodes[node.node_id] = node
            answer("node", node.node_id)
        else:
            node = next(nodes.pop(name) for name in list(nodes) if name.startswith(rest[0]))
            raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
            for process in [raylet, *raylet.children(recursive=True)]:
                process.kill()
            cluster.remove_node(node, allow_graceful=False)
            answer("lost")
    cluster.shutdown()


main()
