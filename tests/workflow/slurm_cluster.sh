#!/usr/bin/env bash
# Slurm on this machine for tests: two nodes, each with two processors and a GPU that is
# none. For root; accounting, cgroups and systemd are not needed.
# usage: slurm_cluster.sh start|stop FOLDER
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
action=$1 folder=$(realpath -m "$2")
host=$(hostname -s)
nodes=2 port=26817
# Where Slurm looks by itself: Snakemake drops SLURM_CONF before it starts a job's step.
places=(/etc/slurm/slurm.conf /etc/slurm/gres.conf)

for place in "${places[@]}"; do
    if [ -e "$place" ] && [ ! -L "$place" ]; then
        echo "$place is not one of ours: this machine belongs to a cluster" >&2
        exit 1
    fi
done

wait_until() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    until "${@:2}"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.2
    done
}

queue_is_empty() { [ -z "$(timeout 10 squeue --noheader 2>/dev/null)" ]; }
nodes_are_idle() { [ "$(sinfo -hN -t idle -o %N 2>/dev/null | wc -l)" -eq "$nodes" ]; }
have_ended() { ! kill -0 "$@" 2>/dev/null; }

stop() {
    local pids
    pids=$(cat "$folder"/run/*.pid 2>/dev/null) || true
    if [ -n "$pids" ]; then
        # Jobs first: their processes outlive the daemons.
        timeout 10 scancel --user=root 2>/dev/null || true
        wait_until 60 queue_is_empty || true
        # shellcheck disable=SC2086 # several numbers
        { kill $pids 2>/dev/null || true; wait_until 20 have_ended $pids; }
    fi
    # A configuration without its daemons costs every later snakemake call ten seconds.
    rm -f "${places[@]}" "$folder"/run/*.pid
}

configure() {
    rm -rf "$folder"/{state,devices}
    mkdir -p "$folder"/{run,log,state,devices}
    chmod 755 "$folder"
    chown munge: "$folder/run" "$folder/log"
    install -o munge -m 400 <(head -c 1024 /dev/urandom) "$folder/munge.key"
    cat > "$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
AuthInfo=socket=$folder/run/munge.sock
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/state/%n
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/%n.log
# Without cgroups, jobs are followed by process group: of snakemake, which waits for its
# jobs when it is told to end, nothing else is left to follow. More memory than asked for
# ends a job.
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
# The nodes have what is said here, whatever the machine has.
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=2
ReturnToService=2
KillWait=2
# The test reads what became of all its jobs.
MinJobAge=3600
PartitionName=main Nodes=ALL Default=YES MaxTime=1-00:00:00 State=UP
CONF
    : > "$folder/gres.conf"
    local i
    for i in $(seq "$nodes"); do
        # slurmd wants a character device; a second /dev/null will do.
        mknod "$folder/devices/nvidia$i" c 1 3
        mkdir -p "$folder/state/node$i"
        echo "NodeName=node$i Name=gpu File=$folder/devices/nvidia$i" \
            >> "$folder/gres.conf"
        echo "NodeName=node$i NodeHostname=$host NodeAddr=127.0.0.1" \
            "Port=$((port + i)) CPUs=2 RealMemory=16000 Gres=gpu:1" \
            >> "$folder/slurm.conf"
    done
}

start() {
    stop
    configure
    mkdir -p /etc/slurm
    ln -sfn "$folder/slurm.conf" "${places[0]}"
    ln -sfn "$folder/gres.conf" "${places[1]}"
    # With a key and a socket of its own, so that one that runs already is not touched.
    runuser -u munge -- munged --key-file="$folder/munge.key" \
        --socket="$folder/run/munge.sock" --pid-file="$folder/run/munged.pid" \
        --log-file="$folder/log/munged.log" --seed-file="$folder/run/munged.seed"
    slurmctld
    local i
    for i in $(seq "$nodes"); do slurmd -N "node$i"; done
    wait_until 30 nodes_are_idle || {
        tail -n 5 "$folder"/log/*.log >&2
        stop
        return 1
    }
}

"$action"
