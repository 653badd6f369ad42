"""Holds the files for a team against the program that they start, without a container engine, a cluster or root.

    python packaging/team/check.py BINARY

Needs the packages of requirements.txt beside it. The program is started with the arguments and variables of each file, before a playground,
and the probes of the Kubernetes manifest are sent to it. `systemd-analyze`, `docker compose` and `nginx` look at their files where they are
installed. The exit code is 1 if anything is off.
"""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

try:
    import kubernetes_validate
    import yaml
except ModuleNotFoundError as absent:
    sys.exit(f"{__doc__}\nThe package {absent.name} is not installed.")

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import facts  # noqa: E402
from handshake import PATIENCE, Wrong, environment, expect  # noqa: E402

# The most exposure that `systemd-analyze security` may find in the unit, in tenths; 100 is a service without any protection.
MOST_EXPOSURE = 15
IMAGE = f"{facts.NAME}:{facts.VERSION}"
# How often a probe is repeated until it passes, a tenth of a second apart. The program has to reach the API first.
MOST_TRIES = 100


@contextlib.contextmanager
def running(command, settings, announced):
    """A started program, and what a line of its output that matches says."""
    with tempfile.TemporaryDirectory() as home:
        kept = environment(settings, home)
        child = subprocess.Popen(command, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        try:
            said = []
            for line in child.stdout:
                said.append(line)
                if found := re.search(announced, line):
                    yield child, found
                    break
            else:
                raise Wrong(f"{command} did not start: {''.join(said)}")
        finally:
            child.kill()
            child.wait(PATIENCE)


def own_address():
    """An address of this machine that is not loopback, as a pod has one, or loopback if there is none."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            # Nothing is sent. This only chooses a way.
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"


def status(address, port, probe):
    connection = http.client.HTTPConnection(address, port, timeout=PATIENCE)
    connection.request("GET", probe["path"])
    return connection.getresponse().status


def serves(binary, upstream, arguments, settings, probes):
    """Starts the program as a file says, sends it the probes, and ends it as a supervisor does."""
    expect(arguments[0] == "http", f"it starts {arguments}")
    flags = " ".join(arguments[1:])
    # A port of the file may be taken on this machine.
    flags = re.sub(r"(--(?:listen|metrics)[= ]\S+):\d+", r"\1:0", flags)
    # What costs or deletes is refused as long as nothing answers there. All else works.
    flags = re.sub(r"(--shared-state[= ])\S+", r"\1redis://127.0.0.1:9/0", flags)
    with tempfile.TemporaryDirectory() as work:
        secret = pathlib.Path(work) / "secret"
        secret.write_text(os.urandom(32).hex(), encoding="utf-8")
        flags = re.sub(r"(--state-secret-file[= ])\S+", rf"\1{secret}", flags)
        settings = settings | {"VIDEOSEARCH_BASE_URL": upstream, "VIDEOSEARCH_STATE_DIR": f"{work}/own"}
        address = own_address() if "--listen=0.0.0.0" in flags.replace(" ", "=") else "127.0.0.1"
        with running([binary, "http", *flags.split()], settings, r"serves MCP at http://\S+:(\d+)/mcp") as (child, found):
            for probe in probes:
                for _ in range(MOST_TRIES):
                    answer = status(address, int(found[1]), probe)
                    if answer == 200:
                        break
                    time.sleep(0.1)
                expect(answer == 200, f"{probe['path']} answers {answer}")
            # What the health check of the containers runs.
            health = [binary, "doctor", "--url", f"http://127.0.0.1:{found[1]}/mcp"]
            told = subprocess.run(health, env=environment({}, work), capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
            expect(told.returncode == 0, told.stdout)
            child.send_signal(signal.SIGTERM)
            expect(child.wait(PATIENCE) == 0, f"after SIGTERM it ended with {child.returncode}")


def compose():
    """The arguments and variables of the compose file."""
    file = HERE / "compose.yaml"
    services = yaml.safe_load(file.read_text(encoding="utf-8"))["services"]
    for name, service in services.items():
        expect(service["read_only"] and service["cap_drop"] == ["ALL"], f"{name} has rights that it does not need")
        expect("no-new-privileges:true" in service["security_opt"], f"{name} can gain rights")
        local = all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        expect(local, f"without TLS, {name} must be reached from this machine only")
    service = services[facts.NAME]
    expect(service["healthcheck"]["test"][2:4] == ["doctor", "--url"], "the health check runs something else")
    expect(service["image"] == IMAGE, f"the image is {service['image']}")
    front = re.search(r"nginx-unprivileged:(\d+)\.(\d+)-", services["front"]["image"])
    expect(tuple(int(part) for part in front.groups()) >= (1, 28), "older versions of nginx read the addresses of replicas once, at their start")
    proxy()
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        told = subprocess.run(["docker", "compose", "-f", file, "config", "--quiet"], capture_output=True, encoding="utf-8", check=False)
        expect(told.returncode == 0, told.stderr)
    else:
        print("SKIPPED: docker compose is missing here")
    # What compose puts in if the variable is not set.
    values = {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in service["environment"].items()}
    return service["command"], values


def proxy():
    """Lets nginx read the file for the proxy."""
    if not shutil.which("nginx"):
        print("SKIPPED: nginx is missing here")
        return
    with tempfile.TemporaryDirectory() as work:
        # Only Docker resolves the name.
        text = (HERE / "nginx.conf").read_text(encoding="utf-8").replace(f"{facts.NAME}:", "127.0.0.1:").replace("/tmp/", f"{work}/")
        told = subprocess.run(["nginx", "-v"], capture_output=True, encoding="utf-8", check=True).stderr
        if tuple(int(part) for part in re.search(r"/(\d+)\.(\d+)\.(\d+)", told).groups()) < (1, 27, 3):
            print("SKIPPED: this nginx is too old to ask for the addresses of replicas again; the rest of its file is checked")
            text = text.replace(" resolve ", " ")
        copy = pathlib.Path(work) / "nginx.conf"
        copy.write_text(text, encoding="utf-8")
        told = subprocess.run(["nginx", "-t", "-e", "stderr", "-p", work, "-c", copy], capture_output=True, encoding="utf-8", check=False)
        expect(told.returncode == 0, told.stderr)


def unit(binary):
    """The arguments and variables of the systemd unit."""
    text = (HERE / "videosearch-mcp.service").read_text(encoding="utf-8")
    lines = [line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#")]
    [start] = [value for name, value in lines if name == "ExecStart"]
    if shutil.which("systemd-analyze"):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "videosearch-mcp.service"
            # The program and its manual are not installed here.
            own = text.replace(start.split()[0], str(pathlib.Path(binary).resolve()))
            copy.write_text(re.sub("^Documentation=.*\n", "", own, flags=re.M), encoding="utf-8")
            for how in (["verify"], ["security", "--offline=yes", f"--threshold={MOST_EXPOSURE}"]):
                told = subprocess.run(["systemd-analyze", *how, copy], capture_output=True, encoding="utf-8", check=False)
                expect(told.returncode == 0 and not told.stderr.strip(), f"systemd-analyze {how}: {told.stdout[-2000:]}{told.stderr}")
    else:
        print("SKIPPED: systemd-analyze is missing here")
    return start.split()[1:], dict(value.split("=", 1) for name, value in lines if name == "Environment")


def hardened(name, pod):
    """Whether a pod has the rights that it needs and no others."""
    expect(pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"], f"the pod of {name} has too many rights")
    for container in pod["containers"]:
        rights = container["securityContext"]
        expect(rights["readOnlyRootFilesystem"] and not rights["allowPrivilegeEscalation"], f"a container of {name} has too many rights")
        expect(rights["capabilities"]["drop"] == ["ALL"], f"a container of {name} keeps capabilities")


def manifest():
    """The arguments, variables and probes of the Kubernetes manifest."""
    documents = list(yaml.safe_load_all((HERE / "kubernetes.yaml").read_text(encoding="utf-8")))
    version = kubernetes_validate.latest_version()
    for document in documents:
        kubernetes_validate.validate(document, version, strict=True)
    kinds = {document["kind"]: document["spec"] for document in documents if document["metadata"]["name"] == facts.NAME}
    for document in documents:
        if "template" in document["spec"]:
            hardened(document["metadata"]["name"], document["spec"]["template"]["spec"])
    pod = kinds["Deployment"]["template"]["spec"]
    [container] = pod["containers"]
    expect(container["image"] == IMAGE, f"the image is {container['image']}")
    expect(kinds["HorizontalPodAutoscaler"]["scaleTargetRef"]["kind"] == "Deployment", "nothing scales the deployment")
    expect(kinds["HorizontalPodAutoscaler"]["minReplicas"] >= 2 and "replicas" not in kinds["Deployment"], "one replica is no replica")
    labels = kinds["Deployment"]["template"]["metadata"]["labels"]
    for kind, selector in [
        ("Deployment", kinds["Deployment"]["selector"]["matchLabels"]),
        ("Service", kinds["Service"]["selector"]),
        ("PodDisruptionBudget", kinds["PodDisruptionBudget"]["selector"]["matchLabels"]),
    ]:
        expect(selector.items() <= labels.items(), f"the {kind} does not find the pods")
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    probes = [container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")]
    expect(all(probe["port"] in ports for probe in probes), "a probe goes to a port that is not there")
    expect(any(argument.endswith(f":{ports['mcp']}") for argument in container["args"]), "it listens on another port")
    return container["args"], {variable["name"]: variable["value"] for variable in container["env"]}, probes


def main(binary):
    try:
        arguments, variables, probes = manifest()
        files = {"kubernetes.yaml": (arguments, variables), "compose.yaml": compose(), "videosearch-mcp.service": unit(binary)}
        with running([binary, "playground", "--port", "0", "--json"], {}, r"^\{.*\}$") as (_, found):
            upstream = json.loads(found[0])["base_url"]
            for file, (arguments, settings) in files.items():
                serves(binary, upstream, arguments, settings, probes)
                print(f"ok   {file}")
    except (Wrong, OSError) as wrong:
        print(f"FAIL {wrong}")
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
