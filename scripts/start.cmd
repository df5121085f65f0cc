@echo off
rem Opens the pages of placement in a browser: double-click it.
rem The first time it makes an environment beside itself; where that was cut off, it goes on.
setlocal
rem Not cd, which stays where it was if the folder is on a server.
pushd "%~dp0.." || goto failed
if not exist pyproject.toml (
  echo The folder of placement is not here: unpack the whole archive first, then start this again.
  goto failed
)
set "VENV=.venv-app"
set "PYTHON="
for %%V in (3.13 3.12 3.11) do (
  if not defined PYTHON py -%%V -c "import sys" >nul 2>&1 && set "PYTHON=py -%%V"
)
if not defined PYTHON python -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>&1 && set "PYTHON=python"

rem What was installed last is kept, so that a newer placement gets what it needs anew.
fc /b pyproject.toml "%VENV%\.installed" >nul 2>&1 && goto open
if not defined PYTHON (
  echo Python 3.11 or newer is needed: get it at python.org/downloads, tick "Add python.exe to PATH",
  echo then start this again.
  goto failed
)
echo 1 of 3: making an environment
"%VENV%\Scripts\python.exe" -c "import pip" >nul 2>&1
if errorlevel 1 (
  if exist "%VENV%" rmdir /s /q "%VENV%"
  %PYTHON% -m venv "%VENV%"
  if errorlevel 1 (
    echo The environment cannot be made; what Python said stands above.
    goto failed
  )
)
echo 2 of 3: installing placement and what it needs ^(about 2 minutes, more on a slow line^)
"%VENV%\Scripts\python.exe" -m pip --disable-pip-version-check install -c constraints.txt -e ".[serve]"
if errorlevel 1 (
  echo It was cut off: start this again, it goes on from here.
  goto failed
)
copy /y pyproject.toml "%VENV%\.installed" >nul

:open
echo 3 of 3: opening the pages; this window has to stay open while you use them
"%VENV%\Scripts\python.exe" -m placement app %*
if errorlevel 1 goto failed
exit /b 0

:failed
if not defined CI pause
exit /b 1
