"""What PyPI and conda call one project, where the two names differ or the advice is to take it from conda.

One line for each distribution of PyPI: its normalised name, conda's names (the best first; others are older, partial, or
another channel's spelling), the feedstock of conda-forge whose recipe tells it, and the class of rule 152's advice:

    numeric    a numeric core: conda builds it against the environment's BLAS, HDF5 and the like
    learning   a deep-learning framework, or what is built against one
    compiled   a binding to a compiled library that conda has as a package of its own
    system     a tool of the system that a wheel can only bundle
    -          merely another name

Put together by hand for envguard from the recipes of conda-forge (each recipe names the PyPI sources it builds from), as
facts one at a time; no mapping of another project was copied.
"""

from __future__ import annotations

FEEDSTOCK = "https://github.com/conda-forge/{}-feedstock"

LINES = """
torch                          pytorch                                     pytorch-cpu              learning
torchvision                    torchvision                                 torchvision              learning
torchaudio                     torchaudio                                  torchaudio               learning
torch-geometric                pytorch_geometric pyg                       pytorch_geometric        learning
torch-scatter                  pytorch_scatter                             pytorch_scatter          learning
torch-sparse                   pytorch_sparse                              pytorch_sparse           learning
torch-cluster                  pytorch_cluster                             pytorch_cluster          learning
torch-spline-conv              pytorch_spline_conv                         pytorch_spline_conv      learning
pytorch-lightning              pytorch-lightning lightning                 pytorch-lightning        learning
tensorflow                     tensorflow tensorflow-base                  tensorflow               learning
tensorflow-cpu                 tensorflow-cpu tensorflow                   tensorflow               learning
tensorflow-gpu                 tensorflow-gpu tensorflow                   tensorflow               learning
tensorflow-intel               tensorflow                                  tensorflow               learning
tensorflow-hub                 tensorflow-hub                              tensorflow-hub           learning
jax                            jax                                         jax                      learning
jaxlib                         jaxlib                                      jaxlib                   learning
onnxruntime                    onnxruntime                                 onnxruntime              learning
onnxruntime-gpu                onnxruntime                                 onnxruntime              learning
onnx                           onnx                                        onnx                     learning
xgboost                        xgboost py-xgboost                          xgboost                  learning
lightgbm                       lightgbm                                    lightgbm                 learning
catboost                       catboost                                    catboost                 learning
sentencepiece                  sentencepiece                               sentencepiece            learning
tokenizers                     tokenizers                                  tokenizers               learning
huggingface-hub                huggingface_hub                             huggingface_hub          -
numpy                          numpy                                       numpy                    numeric
scipy                          scipy                                       scipy                    numeric
pandas                         pandas                                      pandas                   numeric
scikit-learn                   scikit-learn                                scikit-learn             numeric
scikit-image                   scikit-image                                scikit-image             numeric
numba                          numba                                       numba                    numeric
llvmlite                       llvmlite                                    llvmlite                 numeric
numexpr                        numexpr                                     numexpr                  numeric
bottleneck                     bottleneck                                  bottleneck               numeric
statsmodels                    statsmodels                                 statsmodels              numeric
cupy                           cupy                                        cupy                     numeric
cupy-cuda11x                   cupy                                        cupy                     numeric
cupy-cuda12x                   cupy                                        cupy                     numeric
cupy-cuda13x                   cupy                                        cupy                     numeric
cupy-cuda102                   cupy                                        cupy                     numeric
cupy-cuda110                   cupy                                        cupy                     numeric
cupy-cuda111                   cupy                                        cupy                     numeric
mkl                            mkl                                         intel_repack             numeric
mkl-service                    mkl-service                                 mkl-service              numeric
pyfftw                         pyfftw                                      pyfftw                   numeric
cvxopt                         cvxopt                                      cvxopt                   numeric
cvxpy                          cvxpy                                       cvxpy                    numeric
petsc4py                       petsc4py                                    petsc4py                 numeric
mpi4py                         mpi4py                                      mpi4py                   compiled
faiss-cpu                      faiss-cpu faiss                             faiss-split              numeric
faiss-gpu                      faiss-gpu faiss                             faiss-split              numeric
annoy                          python-annoy                                python-annoy             compiled
hnswlib                        hnswlib                                     hnswlib                  compiled
hdbscan                        hdbscan                                     hdbscan                  numeric
igraph                         python-igraph                               python-igraph            compiled
python-igraph                  python-igraph                               python-igraph            compiled
tables                         pytables                                    pytables                 compiled
h5py                           h5py                                        h5py                     compiled
netcdf4                        netcdf4                                     netcdf4                  compiled
pyarrow                        pyarrow                                     pyarrow                  compiled
blosc                          python-blosc                                python-blosc             compiled
blosc2                         python-blosc2                               python-blosc2            compiled
duckdb                         python-duckdb duckdb                        python-duckdb            compiled
opencv-python                  opencv py-opencv                            opencv                   compiled
opencv-python-headless         opencv py-opencv                            opencv                   compiled
opencv-contrib-python          opencv py-opencv                            opencv                   compiled
opencv-contrib-python-headless opencv py-opencv                            opencv                   compiled
pillow                         pillow                                      pillow                   compiled
pyqt5                          pyqt                                        pyqt                     compiled
pyqt5-sip                      pyqt5-sip                                   pyqt                     compiled
pyqtwebengine                  pyqtwebengine                               pyqt                     compiled
pyside6                        pyside6                                     pyside6                  compiled
pyside2                        pyside2                                     pyside2                  compiled
wxpython                       wxpython                                    wxpython                 compiled
pycairo                        pycairo                                     pycairo                  compiled
pygobject                      pygobject                                   pygobject                compiled
vtk                            vtk                                         vtk                      compiled
matplotlib                     matplotlib matplotlib-base                  matplotlib               -
seaborn                        seaborn seaborn-base                        seaborn                  -
spyder                         spyder spyder-base                          spyder                   -
qtconsole                      qtconsole qtconsole-base                    qtconsole                -
astropy                        astropy astropy-base                        astropy                  numeric
dask                           dask dask-core                              dask                     -
ray                            ray-default ray-core                        ray-packages             -
gdal                           gdal                                        gdal                     compiled
fiona                          fiona                                       fiona                    compiled
rasterio                       rasterio                                    rasterio                 compiled
shapely                        shapely                                     shapely                  compiled
pyproj                         pyproj                                      pyproj                   compiled
cartopy                        cartopy                                     cartopy                  compiled
rtree                          rtree                                       rtree                    compiled
pyogrio                        pyogrio                                     pyogrio                  compiled
h3                             h3-py                                       h3-py                    compiled
eccodes                        python-eccodes                              python-eccodes           compiled
pygraphviz                     pygraphviz                                  pygraphviz               compiled
graphviz                       python-graphviz                             python-graphviz          -
rdkit                          rdkit                                       rdkit                    compiled
rdkit-pypi                     rdkit                                       rdkit                    compiled
openbabel                      openbabel                                   openbabel                compiled
openmm                         openmm                                      openmm                   compiled
pysam                          pysam                                       https://anaconda.org/bioconda/pysam compiled
psycopg2                       psycopg2                                    psycopg2                 compiled
psycopg2-binary                psycopg2                                    psycopg2                 compiled
psycopg-binary                 psycopg                                     psycopg                  compiled
mysqlclient                    mysqlclient                                 mysqlclient              compiled
pymssql                        pymssql                                     pymssql                  compiled
pyodbc                         pyodbc                                      pyodbc                   compiled
python-snappy                  python-snappy                               python-snappy            compiled
lz4                            lz4                                         lz4                      compiled
zstandard                      zstandard                                   zstandard                compiled
zstd                           python-zstd                                 python-zstd              compiled
brotli                         brotli-python                               brotli                   compiled
xxhash                         python-xxhash                               python-xxhash            compiled
lmdb                           python-lmdb                                 python-lmdb              compiled
leveldb                        python-leveldb                              python-leveldb           compiled
flatbuffers                    python-flatbuffers                          python-flatbuffers       -
redis                          redis-py                                    redis-py                 -
confluent-kafka                python-confluent-kafka                      python-confluent-kafka   compiled
pyzmq                          pyzmq                                       pyzmq                    compiled
grpcio                         grpcio                                      grpc-cpp                 compiled
protobuf                       protobuf                                    protobuf                 compiled
cryptography                   cryptography                                cryptography             compiled
pynacl                         pynacl                                      pynacl                   compiled
lxml                           lxml                                        lxml                     compiled
python-ldap                    python-ldap                                 python-ldap              compiled
pycurl                         pycurl                                      pycurl                   compiled
pyaudio                        pyaudio                                     pyaudio                  compiled
soundfile                      pysoundfile                                 pysoundfile              compiled
sounddevice                    python-sounddevice                          python-sounddevice       compiled
imageio-ffmpeg                 imageio-ffmpeg                              imageio-ffmpeg           system
nodejs-bin                     nodejs                                      nodejs                   system
cmake                          cmake                                       cmake                    system
ninja                          ninja                                       ninja                    system
patchelf                       patchelf                                    patchelf                 system
ruamel-yaml                    ruamel.yaml                                 ruamel.yaml              -
ruamel-yaml-clib               ruamel.yaml.clib                            ruamel.yaml.clib         -
jaraco-classes                 jaraco.classes                              jaraco.classes           -
jaraco-functools               jaraco.functools                            jaraco.functools         -
jaraco-context                 jaraco.context                              jaraco.context           -
zope-interface                 zope.interface                              zope.interface           -
zope-event                     zope.event                                  zope.event               -
backports-tarfile              backports.tarfile                           backports.tarfile        -
backports-zoneinfo             backports.zoneinfo                          backports.zoneinfo       -
typing-extensions              typing_extensions typing-extensions         typing_extensions        -
importlib-metadata             importlib-metadata importlib_metadata       importlib-metadata       -
importlib-resources            importlib_resources importlib-resources     importlib_resources      -
prompt-toolkit                 prompt-toolkit prompt_toolkit               prompt_toolkit           -
stack-data                     stack_data                                  stack_data               -
pure-eval                      pure_eval                                   pure_eval                -
jupyter-client                 jupyter_client                              jupyter_client           -
jupyter-core                   jupyter_core                                jupyter_core             -
jupyter-server                 jupyter_server                              jupyter_server           -
jupyter-events                 jupyter_events                              jupyter_events           -
jupyter-console                jupyter_console                             jupyter_console          -
jupyterlab-server              jupyterlab_server                           jupyterlab_server        -
jupyterlab-widgets             jupyterlab_widgets                          jupyterlab_widgets       -
jupyterlab-pygments            jupyterlab_pygments                         jupyterlab_pygments      -
argon2-cffi                    argon2-cffi argon2_cffi                     argon2-cffi              -
prometheus-client              prometheus_client                           prometheus_client        -
cached-property                cached-property cached_property             cached-property          -
tzdata                         python-tzdata                               python-tzdata            -
build                          python-build                                python-build             -
xlib                           python-xlib                                 python-xlib              -
msgpack                        msgpack-python                              msgpack-python           -
wget                           python-wget                                 python-wget              -
flask-json                     flask_json                                  flask_json               -
et-xmlfile                     et_xmlfile et-xmlfile                       et_xmlfile               -
lazy-loader                    lazy-loader lazy_loader                     lazy_loader              -
service-identity               service_identity service-identity           service_identity         -
pyobjc-core                    pyobjc-core                                 pyobjc-core              compiled
kubernetes                     python-kubernetes                           python-kubernetes        -
docker                         docker-py                                   docker-py                -
usd-core                       openusd                                     openusd                  compiled
z3-solver                      z3-solver                                   z3                       compiled
python-magic                   python-magic                                python-magic             compiled
gmpy2                          gmpy2                                       gmpy2                    numeric
python-flint                   python-flint                                python-flint             numeric
pymupdf                        pymupdf                                     pymupdf                  compiled
weasyprint                     weasyprint                                  weasyprint               system
pypandoc-binary                pypandoc                                    pypandoc                 system
kaleido                        python-kaleido                              python-kaleido           system
prince                         prince-factor-analysis prince               prince-factor-analysis   -
cufflinks                      python-cufflinks cufflinks-py               python-cufflinks         -
avro-python3                   python-avro avro-python3                    python-avro              -
segment-analytics-python       segment-analytics-python analytics-python   segment-analytics-python -
"""

EXTRAS = """
dask[complete]        dask                             dask
dask[array]           dask-core numpy                  dask
dask[dataframe]       dask-core pandas pyarrow         dask
requests[socks]       requests pysocks                 requests
uvicorn[standard]     uvicorn-standard                 uvicorn
ray[tune]             ray-tune                         ray-packages
ray[default]          ray-default                      ray-packages
ray[rllib]            ray-rllib                        ray-packages
ray[serve]            ray-serve                        ray-packages
tensorflow[and-cuda]  tensorflow-gpu                   tensorflow
jax[cuda12]           jax                              jax
black[jupyter]        black-jupyter                    black
coverage[toml]        coverage                         coverage
pandas[performance]   pandas numexpr bottleneck numba  pandas
urllib3[socks]        urllib3 pysocks                  urllib3
"""
"""What conda installs in place of a requirement with an extra: name[extra], conda's packages, the feedstock."""

NAMESAKES = (
    # conda's is a C or C++ library or a program, PyPI's is something else, which conda calls python-NAME or the like
    "blosc",
    "brotli",
    "flatbuffers",
    "graphviz",
    "igraph",
    "leveldb",
    "lmdb",
    "redis",
    "rocksdb",
    "snappy",
    "thrift",
    "tzdata",
    "xxhash",
    "zstd",
)
