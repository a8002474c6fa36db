"""The Kubernetes manifests: what Kustomize builds of them is valid, closed, and runs commands that exist."""

import base64
import contextlib
import re
import shutil
import signal
import socket
import subprocess

import kubernetes_validate
import pytest
import sqlalchemy as sa
import yaml

from search.database.connection import open_storage
from tests.support.command_line import mistake
from tests.support.postgres import PASSWORD, PGBOUNCER, SERVER, Server, certify
from tests.support.repository import ROOT
from tests.support.waiting import PATIENCE, until

DEPLOY = ROOT / "deploy"
OVERLAYS = sorted(path.name for path in (DEPLOY / "kubernetes" / "overlays").iterdir())
LOADER = "../loader"
VERSIONS = ("1.33", "1.37")
MADE_ELSEWHERE = {("Secret", "dashboard-tls"), ("ConfigMap", "studies")}  # docs/cluster.md says by whom
IMAGE = re.compile(r"^(registry\.example\.org/)?[\w/-]+:v?\d[\w.-]*$")  # a version, never latest

if shutil.which("kustomize"):
    KUSTOMIZE = ["kustomize", "build"]
elif shutil.which("kubectl"):
    KUSTOMIZE = ["kubectl", "kustomize"]
else:
    KUSTOMIZE = None
needs_kustomize = pytest.mark.skipif(KUSTOMIZE is None, reason="neither kustomize nor kubectl is installed")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Each overlay's objects; built once, with secrets made as docs/cluster.md says."""
    deploy = tmp_path_factory.mktemp("deploy") / "deploy"
    for name in tracked():
        target = deploy.parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    kubernetes = deploy / "kubernetes"
    subprocess.run([kubernetes / "secrets.sh"], check=True, stdout=subprocess.DEVNULL)
    shutil.copy(kubernetes / "components/s3/credentials.env.example", kubernetes / "components/s3/credentials.env")
    objects = {}
    for name in (*OVERLAYS, LOADER):
        command = [*KUSTOMIZE, kubernetes / "overlays" / name]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        objects[name] = list(yaml.safe_load_all(done.stdout))
    return objects


def tracked():
    """Files below deploy/ that Git knows or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "deploy"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.fixture(params=OVERLAYS)
def objects(request, built):
    return built[request.param]


def of_kind(objects, *kinds):
    return [each for each in objects if each["kind"] in kinds]


def named(objects, kind, name):
    (found,) = [each for each in of_kind(objects, kind) if each["metadata"]["name"] == name]
    return found


def templates(objects):
    """By kind and name: the pods, and what pods are made from."""
    return {
        f"{each['kind']}/{each['metadata']['name']}": each["spec"].get("template", each)
        for each in of_kind(objects, "Job", "Deployment", "StatefulSet", "Pod")
    }


def containers(objects):
    for name, template in templates(objects).items():
        for each in (*template["spec"].get("initContainers", ()), *template["spec"]["containers"]):
            yield f"{name}/{each['name']}", template["spec"], each


def selects(selector, template):
    return selector.items() <= template["metadata"]["labels"].items()


@pytest.fixture(params=[*OVERLAYS, LOADER])
def whole(request, built):
    return built[request.param]


@needs_kustomize
@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid(whole, version):
    objects = whole
    assert len(of_kind(objects, "Job", "Pod")) in (1, 3)
    for each in objects:
        kubernetes_validate.validate(each, version, strict=True)


@needs_kustomize
def test_all_is_in_one_namespace_which_wants_restricted_pods(whole):
    objects = whole
    (namespace,) = of_kind(objects, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    others = [each["metadata"].get("namespace") for each in objects if each is not namespace]
    assert set(others) == {namespace["metadata"]["name"]}


@needs_kustomize
def test_every_container_is_restricted_limited_and_pinned(whole):
    objects = whole
    for name, pod, container in containers(objects):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] > 0, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert set(container["resources"]["limits"]) >= {"cpu", "memory"}, name
        assert set(container["resources"]["requests"]) == set(container["resources"]["limits"]), name
        assert IMAGE.match(container["image"]), name
        for volume in pod["volumes"]:
            assert volume.get("emptyDir") is None or "sizeLimit" in volume["emptyDir"], name


@needs_kustomize
def test_what_is_referred_to_exists(objects):
    there = {(each["kind"], each["metadata"]["name"]) for each in objects} | MADE_ELSEWHERE
    for name, pod, container in containers(objects):
        claims = set()
        if name.startswith("StatefulSet/"):
            claims = {
                claim["metadata"]["name"]
                for claim in of_kind(objects, "StatefulSet")[0]["spec"]["volumeClaimTemplates"]
            }
        sources = {volume["name"]: volume for volume in pod["volumes"]}
        assert {mount["name"] for mount in container.get("volumeMounts", ())} <= set(sources) | claims, name
        for volume in sources.values():
            for kind, key in (("Secret", "secretName"), ("ConfigMap", "name"), ("PersistentVolumeClaim", "claimName")):
                source = volume.get(kind[0].lower() + kind[1:], {})
                assert not source or (kind, source[key]) in there, name
        for source in container.get("envFrom", ()):
            for kind, key in (("Secret", "secretRef"), ("ConfigMap", "configMapRef")):
                assert key not in source or (kind, source[key]["name"]) in there, name
    for ingress in of_kind(objects, "Ingress"):
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            assert ("Service", path["backend"]["service"]["name"]) in there
        assert ("Secret", ingress["spec"]["tls"][0]["secretName"]) in there
    assert set(named(objects, "Secret", "database")["data"]) == {"password", "ca.crt"}


@needs_kustomize
def test_selectors_select(objects):
    pods = templates(objects).values()
    for each in of_kind(objects, "Deployment", "StatefulSet"):
        assert selects(each["spec"]["selector"]["matchLabels"], each["spec"]["template"])
    for service in of_kind(objects, "Service"):
        (pod,) = [pod for pod in pods if selects(service["spec"]["selector"], pod)]
        ports = {port["containerPort"] for container in pod["spec"]["containers"] for port in container["ports"]}
        assert {port["port"] for port in service["spec"]["ports"]} <= ports
    for budget in of_kind(objects, "PodDisruptionBudget"):
        assert sum(selects(budget["spec"]["selector"]["matchLabels"], pod) for pod in pods) == 1
    for policy in of_kind(objects, "NetworkPolicy"):
        mentioned = [policy["spec"]["podSelector"]]
        for rule in (*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())):
            peers = (*rule.get("from", ()), *rule.get("to", ()))
            mentioned += [peer["podSelector"] for peer in peers if "podSelector" in peer]
        for selector in mentioned:
            assert any(selects(selector.get("matchLabels", {}), pod) for pod in pods), policy["metadata"]["name"]


def may_talk(objects, source, target, port):
    """Whether policies let a pod of one template reach another's port: out of the one and into the other."""
    pods = templates(objects)

    def allowed(direction, peers, here, there):
        for policy in of_kind(objects, "NetworkPolicy"):
            if not selects(policy["spec"]["podSelector"].get("matchLabels", {}), pods[here]):
                continue
            for rule in policy["spec"].get(direction, ()):
                to = rule.get(peers)
                reached = to is None or any(
                    selects(peer["podSelector"]["matchLabels"], pods[there]) for peer in to if "podSelector" in peer
                )
                if reached and port in [each["port"] for each in rule["ports"]]:
                    return True
        return False

    return allowed("egress", "to", source, target) and allowed("ingress", "from", target, source)


@needs_kustomize
def test_who_may_talk_to_whom(built):
    nothing = named(built["large"], "NetworkPolicy", "nothing")["spec"]
    assert nothing == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    objects = built["large"]
    database, bouncer, dashboard = "StatefulSet/postgres", "Deployment/pgbouncer", "Deployment/dashboard"
    for source in ("Job/create", "Job/workers", "Job/finalize", dashboard, bouncer):
        assert may_talk(objects, source, database, 5432), source
        assert not may_talk(objects, source, dashboard, 8080), source
    assert may_talk(objects, "Job/workers", bouncer, 6432)
    assert not may_talk(objects, dashboard, bouncer, 6432)
    assert not may_talk(objects, database, "Job/workers", 5432)


@needs_kustomize
def test_the_workers_are_a_queue_whose_pods_a_disruption_replaces(objects):
    job, budget = named(objects, "Job", "workers")["spec"], named(objects, "PodDisruptionBudget", "workers")["spec"]
    assert "completions" not in job
    assert job["template"]["spec"]["restartPolicy"] == "Never"  # what a pod failure policy wants
    assert job["podFailurePolicy"]["rules"] == [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    ]
    assert job["template"]["spec"]["terminationGracePeriodSeconds"] > 10
    # Of a Job's pods the disruption controller takes a number of those that stay, nothing else.
    assert 0 < budget["minAvailable"] < job["parallelism"]
    assert "maxUnavailable" not in budget


@needs_kustomize
@pytest.mark.parametrize("overlay", ["gpu", "large", "managed"])
def test_the_study_is_made_where_it_is_worked_on(built, overlay):
    """`search create` settles precision and the largest batch for the device that it runs on."""
    for job in ("create", "workers", "finalize"):
        resources = named(built[overlay], "Job", job)["spec"]["template"]["spec"]["containers"][0]["resources"]
        assert resources["requests"]["nvidia.com/gpu"] == resources["limits"]["nvidia.com/gpu"] == 1
    assert "nvidia.com/gpu" not in str(built["cpu"])


@needs_kustomize
def test_commands_and_settings_exist(objects):
    settings = named(objects, "ConfigMap", "settings")["data"]
    known = "".join(path.read_text() for path in (*(ROOT / "search").rglob("*.py"), ROOT / "Dockerfile"))
    assert {name for name in settings if f'"{name}"' not in known} == {"STUDY"}
    assert {"STUDY_RESUME_POINTS", "STUDY_ARTIFACTS"} <= set(settings)
    assert (ROOT / "studies" / f"{settings['STUDY']}.toml").exists()
    ours = 0
    for name, _, container in containers(objects):
        words = [
            word.replace("$(STUDY)", settings["STUDY"])
            for word in (*container.get("command", ()), *container.get("args", ()))
        ]
        starts = [at for at, word in enumerate(words) if word in ("search", "finalize")]
        assert bool(starts) == container["image"].rpartition("/")[2].startswith("studyhall"), name
        for start in starts[:1]:
            assert mistake(words[start:]) is None
            ours += 1
    assert ours == 5


@needs_kustomize
def test_no_setting_holds_a_password(built):
    for name, objects in ((name, built[name]) for name in OVERLAYS):
        secrets = [
            base64.b64decode(value).decode()
            for each in of_kind(objects, "Secret")
            for value in each["data"].values()
            if value
        ]
        assert len(secrets) >= 3
        for each in objects:
            if each["kind"] != "Secret":
                assert not any(secret in yaml.safe_dump(each) for secret in secrets), name
        storages = re.findall(r"postgresql://\S+", yaml.safe_dump_all(objects))
        assert storages
        for url in storages:
            assert sa.make_url(url).password is None
            assert sa.make_url(url).query["sslmode"] == "verify-full"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_service_of_a_machine_without_docker(tmp_path):
    unit = (DEPLOY / "studyhall-worker.service").read_text()
    (command,) = re.findall(r"(?m)^ExecStart=/opt/studyhall/.venv/bin/(.*)$", unit)
    assert mistake(command.replace("${STUDY}", "mask-f1").split()) is None
    here = tmp_path / "studyhall-worker.service"
    here.write_text(unit.replace(f"/opt/studyhall/.venv/bin/{command}", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", here], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_secret_is_in_the_repository():
    for name in tracked():
        text = (ROOT / name).read_text()
        assert "PRIVATE KEY" not in text, name
        assert not re.search(r"(?m)^\s*(AWS_SECRET_ACCESS_KEY|password)[ \t]*[=:][ \t]*[\w\"']", text), name


@pytest.fixture
def stopping():
    """The workers' command, as the manifest has it, around a program of the test's."""
    (job,) = [
        each
        for each in yaml.safe_load_all((DEPLOY / "kubernetes/base/workers.yaml").read_text())
        if each["kind"] == "Job"
    ]
    return job["spec"]["template"]["spec"]["containers"][0]["command"]


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_pod_ends_as_its_worker_does(stopping, code):
    assert subprocess.run([*stopping, "sh", "-c", f"exit {code}"]).returncode == code


def test_a_pod_that_is_stopped_has_not_succeeded(stopping, tmp_path):
    # A worker that hands its trial back ends with 0, and so does this one.
    program = f"trap 'echo back > {tmp_path}/said; exit 0' TERM; echo > {tmp_path}/ready; while :; do sleep 0.05; done"
    with subprocess.Popen([*stopping, "sh", "-c", program]) as process:
        until((tmp_path / "ready").exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 143
    assert (tmp_path / "said").read_text() == "back\n"


@pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")
@pytest.mark.skipif(SERVER is None, reason="no PostgreSQL with OpenSSL is installed (apt-get install postgresql)")
def test_pgbouncer_lets_in_who_knows_the_password(tmp_path_factory):
    """The files of the manifests with other addresses: TLS and a password on both sides."""
    component = DEPLOY / "kubernetes/components"
    folder = tmp_path_factory.mktemp("tls")
    certify(folder, "localhost")
    with Server.fresh() as server, socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        probe.close()
        (server.folder / "data/pg_hba.conf").write_text((component / "postgres/pg_hba.conf").read_text())
        for name in ("server.crt", "server.key", "ca.crt"):
            server.put(name, (folder / name).read_bytes())
        pods = list(yaml.safe_load_all((component / "pgbouncer/pgbouncer.yaml").read_text()))
        script = pods[1]["spec"]["template"]["spec"]["initContainers"][0]["command"]
        here = {"/run/pgbouncer": str(server.folder), "/run/secrets/tls": str(server.folder)}
        here |= {"/run/secrets/database": str(server.folder)}

        def moved(text):
            for before, after in here.items():
                text = text.replace(before, after)
            return text

        subprocess.run([moved(word) for word in script], check=True, **server.owner)
        ini = moved((component / "pgbouncer/pgbouncer.ini").read_text())
        ini = ini.replace(
            "host=postgres port=5432 dbname=studyhall", f"host=localhost port={server.port} dbname=postgres"
        )
        ini = ini.replace("listen_addr = *", "listen_addr = 127.0.0.1").replace("6432", str(port))
        server.put("pgbouncer.ini", ini)
        with server.running(folder) as url:
            with open_storage(url()):
                pass
            command = [PGBOUNCER, "-q", server.folder / "pgbouncer.ini"]
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **server.owner)
            try:
                through = sa.make_url(url(sslmode="verify-full", sslrootcert=str(folder / "ca.crt")))
                through = through.set(port=port, database="studyhall")
                until(lambda: answers(port))
                with open_storage(through.render_as_string(hide_password=False)) as storage:
                    assert storage.get_all_studies() == []
                for wrong in (through.set(password="wrong"), through.set(query={"sslmode": "disable"})):
                    with pytest.raises(Exception, match=r"SASL|password|SSL"), open_storage(str_of(wrong)):
                        pass
            finally:
                process.terminate()
                process.wait()
    assert PASSWORD not in ini


def str_of(url):
    return url.render_as_string(hide_password=False)


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
